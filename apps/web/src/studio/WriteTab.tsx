import { Button, SegmentedControl, Textarea } from '@mantine/core'
import { useEffect, useRef, useState } from 'react'
import { useApi } from '../api.ts'
import { formatNumber, plural } from '../format.ts'
import { RefusalNotice } from '../refusals/RefusalNotice.tsx'
import type { User } from '../Session.tsx'
import { SubmitButton } from '../shell/SubmitButton.tsx'
import { Composer } from './Composer.tsx'
import { useDraft } from './draft.ts'
import { usePaidCall } from './usePaidCall.ts'
import classes from './WriteTab.module.css'

const lengths = [100, 300, 600]

interface Order {
  prompt: string
  maxTokens: number
}

/** A text that arrives word by word, its tokens counted as they come. */
export function WriteTab({ user }: { user: User }) {
  const api = useApi()
  const [prompt, setPrompt] = useDraft(user.id, 'write')
  const [maxTokens, setMaxTokens] = useState(300)
  const [tokens, setTokens] = useState<string[]>([])
  const stop = useRef<AbortController | null>(null)

  const write = usePaidCall('write', async (order: Order, call) => {
    const aborting = new AbortController()
    stop.current = aborting
    setTokens([])
    try {
      for await (const token of await api.studio.write.mutate(order, { ...call, signal: aborting.signal }))
        setTokens((before) => [...before, token])
    } catch (error) {
      if (!aborting.signal.aborted) throw error
    }
  })
  useEffect(() => () => stop.current?.abort(), [])

  function begin(change: { maxTokens?: number } = {}) {
    if (change.maxTokens !== undefined) setMaxTokens(change.maxTokens)
    write.start({ prompt: prompt.trim(), maxTokens, ...change })
  }

  return (
    <>
      <Composer
        label="Write a text"
        meter="tokens"
        onSubmit={() => begin()}
        refusal={
          write.isError &&
          tokens.length === 0 && (
            <RefusalNotice
              key={write.submittedAt}
              error={write.error}
              onRetry={() => begin()}
              onLess={(available) => (
                <Button size="sm" onClick={() => begin({ maxTokens: available })}>
                  Write up to {formatNumber(available)} tokens
                </Button>
              )}
            />
          )
        }
      >
        <Textarea
          label="What should it be about?"
          placeholder="A short letter from a lighthouse keeper to the harbour master"
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
            aria-label="Length"
            data={lengths.map((it) => ({ value: String(it), label: `${it} tokens` }))}
            value={String(maxTokens)}
            onChange={(value) => setMaxTokens(Number(value))}
          />
          <SubmitButton busy={write.isPending} className={classes.submit}>
            {write.isPending ? 'Writing…' : `Write · up to ${formatNumber(maxTokens)} tokens`}
          </SubmitButton>
        </div>
      </Composer>

      <section className={classes.result} aria-label="Your text" aria-busy={write.isPending}>
        {(write.isPending || tokens.length > 0) && (
          <div className={classes.sheet}>
            <p className={classes.text}>
              {tokens.join('')}
              {write.isPending && <span className={classes.caret} aria-hidden="true" />}
            </p>
            <footer className={classes.foot}>
              <span data-testid="token-count">
                {plural(tokens.length, 'token', 'tokens')}
                {write.isPending ? ' so far' : ', the only ones you pay for'}
              </span>
              {write.isPending && (
                <Button size="xs" variant="default" onClick={() => stop.current?.abort()}>
                  Stop here
                </Button>
              )}
            </footer>
          </div>
        )}
        {write.isError && tokens.length > 0 && (
          <p role="alert" className={classes.broken}>
            The text broke off. You pay only for the {plural(tokens.length, 'token', 'tokens')} that arrived.
          </p>
        )}
        {!write.isPending && tokens.length === 0 && (
          <p className={classes.empty}>
            Your text appears here, word by word. The length is the most it can cost; what is not used stays
            yours.
          </p>
        )}
      </section>
    </>
  )
}
