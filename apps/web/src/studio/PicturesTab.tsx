import { Button, Switch } from '@mantine/core'
import { usePlan } from '../api/billing.ts'
import type { User } from '../api/Session.tsx'
import { explainDenial } from '../denials/explainDenial.ts'
import { amountOf } from '../format/meters.ts'
import { Gallery } from './Gallery.tsx'
import { NumberChoice } from './NumberChoice.tsx'
import { PromptForm, useOrder } from './PromptForm.tsx'
import { useForeseenDenial } from './useForeseenDenial.ts'
import { useGenerate } from './useGenerate.ts'

const counts = [1, 2, 3, 4]

export function PicturesTab({ user }: { user: User }) {
  const { data: plan } = usePlan()
  const generate = useGenerate()
  const order = useOrder({
    user,
    tool: 'pictures',
    defaults: { count: 1, hd: false },
    start: generate.start,
  })
  const { count, hd } = order.options
  const isDenied = useForeseenDenial({
    meter: 'generations',
    units: count,
    feature: hd ? 'hd' : undefined,
  })

  function chooseHd(hd: boolean) {
    order.choose({ hd })
    // Without HD, the denial of HD no longer applies.
    if (!hd && generate.error && explainDenial(generate.error).next === 'withoutFeature') generate.reset()
  }

  return (
    <>
      <PromptForm
        label="Make pictures"
        meter="generations"
        question="Describe a picture"
        placeholder="A lighthouse above a sea of fog, early morning"
        order={order}
        call={generate}
        submit={`Generate · ${amountOf('generations', count)}`}
        submitting="Generating…"
        alternatives={{
          onWithoutFeature: (
            <Button size="sm" onClick={() => order.submit({ hd: false })}>
              Generate without HD
            </Button>
          ),
          onLess: (available) => (
            <Button size="sm" onClick={() => order.submit({ count: available })}>
              Make {available} instead
            </Button>
          ),
        }}
      >
        <NumberChoice
          label="Pictures"
          numbers={counts}
          value={count}
          onChange={(chosen) => order.choose({ count: chosen })}
        />
        <Switch
          label="HD"
          description={plan?.features.includes('hd') ? 'Included' : 'Pro and Scale'}
          checked={hd}
          onChange={(event) => chooseHd(event.currentTarget.checked)}
        />
      </PromptForm>

      <Gallery
        pending={generate.isPending ? generate.variables : null}
        isDenied={isDenied}
        onTry={order.setPrompt}
      />
    </>
  )
}
