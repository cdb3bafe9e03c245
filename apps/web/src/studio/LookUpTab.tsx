import { TextInput } from '@mantine/core'
import { useState } from 'react'
import type { RouterOutput } from '../api/trpc.ts'
import { amountOf } from '../format/meters.ts'
import { SubmitButton } from '../parts/SubmitButton.tsx'
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
        <SubmitButton busy={lookUp.isPending} className={classes.submit}>
          {lookUp.isPending ? 'Looking up…' : `Look up · ${amountOf('api_calls', 1)}`}
        </SubmitButton>
      </div>
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
