import { TextInput } from '@mantine/core'
import { useId, useState } from 'react'
import { useBalance, usePlan, usePlans } from '../api/billing.ts'
import type { RouterOutput } from '../api/trpc.ts'
import { amountOf } from '../format/meters.ts'
import { SubmitButton } from '../parts/SubmitButton.tsx'
import { currentOffer } from '../plans/offers.ts'
import { overageText } from '../plans/overage.ts'
import { Composer } from './Composer.tsx'
import { DenialNotice } from './DenialNotice.tsx'
import classes from './LookUpTab.module.css'
import { useLookUp } from './useLookUp.ts'

/** Shows the look-up form and the word's meaning. */
export function LookUpTab() {
  const [term, setTerm] = useState('')
  const lookUp = useLookUp()
  // The customer has paid for the last answer, so keep the answer on the screen until the next answer arrives.
  const [answer, setAnswer] = useState<RouterOutput['studio']['lookup'] | null>(null)
  if (lookUp.isSuccess && lookUp.data !== answer) setAnswer(lookUp.data)
  const extra = useExtraText()
  const extraId = useId()
  const submit = () => lookUp.start({ term: term.trim() })

  return (
    <Composer
      label="Look up a word"
      meter="api_calls"
      onSubmit={submit}
      denial={
        lookUp.isError && (
          <DenialNotice key={lookUp.submittedAt} meter="api_calls" error={lookUp.error} onRetry={submit} />
        )
      }
    >
      <div className={classes.line}>
        <TextInput
          className={classes.term}
          label="Word to look up"
          dir="auto"
          placeholder="chiaroscuro"
          value={term}
          onChange={(event) => setTerm(event.currentTarget.value)}
          maxLength={100}
          size="md"
          required
          withAsterisk={false}
        />
        <SubmitButton
          busy={lookUp.isPending}
          className={classes.submit}
          aria-describedby={extra ? extraId : undefined}
        >
          {lookUp.isPending ? 'Looking up…' : `Look up · ${amountOf('api_calls', 1)}`}
        </SubmitButton>
      </div>
      {extra && (
        <p id={extraId} className={classes.extra}>
          {extra}
        </p>
      )}
      <section
        className={classes.answer}
        aria-label="Your answer"
        aria-live="polite"
        aria-busy={lookUp.isPending}
      >
        {answer ? (
          <>
            <h2 dir="auto">{answer.term}</h2>
            <p dir="auto">{answer.meaning}</p>
          </>
        ) : (
          <p className={classes.hint}>
            Art terms make better prompts. Look up “sfumato”, “impasto” or “ukiyo-e”, then use it in a prompt.
          </p>
        )}
      </section>
    </Composer>
  )
}

/**
 * Returns the price of extra look-ups once the plan's look-ups are used up. Until then, or if the plan sells no extra
 * look-ups, returns null.
 */
function useExtraText(): string | null {
  const { data: row } = useBalance('api_calls')
  const { data: plan } = usePlan()
  const { data: offers } = usePlans()
  const price = currentOffer(offers, plan)?.overage.find(({ meter }) => meter === 'api_calls')
  return row?.available === 0 && price ? overageText('api_calls', price, undefined, plan) : null
}
