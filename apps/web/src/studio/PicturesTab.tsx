import { Button, SegmentedControl, Switch, Textarea } from '@mantine/core'
import { useState } from 'react'
import { plural } from '../format.ts'
import { RefusalNotice } from '../refusals/RefusalNotice.tsx'
import type { User } from '../Session.tsx'
import { SubmitButton } from '../shell/SubmitButton.tsx'
import { Composer } from './Composer.tsx'
import { useDraft } from './draft.ts'
import { Gallery } from './Gallery.tsx'
import classes from './PicturesTab.module.css'
import { useGenerate } from './useGenerate.ts'

const counts = [1, 2, 3, 4]

export function PicturesTab({ user }: { user: User }) {
  const [prompt, setPrompt] = useDraft(user.id, 'pictures')
  const [count, setCount] = useState(1)
  const [hd, setHd] = useState(false)
  const generate = useGenerate()

  function make(change: { count?: number; hd?: boolean } = {}) {
    if (change.count !== undefined) setCount(change.count)
    if (change.hd !== undefined) setHd(change.hd)
    generate.start({ prompt: prompt.trim(), count, hd, ...change })
  }

  return (
    <>
      <Composer
        label="Make pictures"
        meter="generations"
        onSubmit={() => make()}
        refusal={
          generate.isError && (
            <RefusalNotice
              key={generate.submittedAt}
              error={generate.error}
              onRetry={() => make()}
              onWithoutFeature={
                <Button size="sm" onClick={() => make({ hd: false })}>
                  Generate without HD
                </Button>
              }
              onLess={(available) => (
                <Button size="sm" onClick={() => make({ count: available })}>
                  Make {available} instead
                </Button>
              )}
            />
          )
        }
      >
        <Textarea
          label="Describe a picture"
          placeholder="A lighthouse above a sea of fog, early morning"
          value={prompt}
          onChange={(event) => setPrompt(event.currentTarget.value)}
          maxLength={1000}
          rows={4}
          size="md"
          required
          withAsterisk={false}
        />
        <div className={classes.options}>
          <SegmentedControl
            aria-label="Number of pictures"
            data={counts.map((it) => ({ value: String(it), label: String(it) }))}
            value={String(count)}
            onChange={(value) => setCount(Number(value))}
          />
          <Switch
            label="HD"
            description="Pro and Scale"
            checked={hd}
            onChange={(event) => setHd(event.currentTarget.checked)}
          />
          <SubmitButton busy={generate.isPending} className={classes.submit}>
            {generate.isPending ? 'Generating…' : `Generate · ${plural(count, 'credit', 'credits')}`}
          </SubmitButton>
        </div>
      </Composer>

      <Gallery pending={generate.isPending ? generate.variables.count : 0} onTry={setPrompt} />
    </>
  )
}
