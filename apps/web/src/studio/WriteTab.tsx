import { Button } from '@mantine/core'
import { useClipboard } from '@mantine/hooks'
import { useRef } from 'react'
import type { User } from '../api/Session.tsx'
import { formatNumber, plural } from '../format/format.ts'
import { Notice } from '../parts/Notice.tsx'
import { reveal } from '../parts/reveal.ts'
import { NumberChoice } from './NumberChoice.tsx'
import { PromptForm, useOrder } from './PromptForm.tsx'
import { useBroughtIntoView } from './useBroughtIntoView.ts'
import { useForeseenDenial } from './useForeseenDenial.ts'
import { useWrite } from './useWrite.ts'
import classes from './WriteTab.module.css'

const lengths = [100, 300, 600]

/**
 * Shows the text as it is written, and counts the tokens as they arrive. When the text is complete, shows how many
 * tokens were charged.
 */
export function WriteTab({ user }: { user: User }) {
  const write = useWrite()
  const { tokens, charged } = write
  const order = useOrder({ user, tool: 'write', defaults: { maxTokens: 300 }, start: write.start })
  const { maxTokens } = order.options
  const sheet = useRef<HTMLElement>(null)
  const clipboard = useClipboard()
  const isDenied = useForeseenDenial({ meter: 'tokens', units: maxTokens })
  useBroughtIntoView(sheet, { isRunning: write.isPending, isDenied })

  function writeAgain() {
    order.submit()
    // The “Write again” button unmounts, so move focus to the text.
    sheet.current?.focus({ preventScroll: true })
  }

  return (
    <>
      <PromptForm
        label="Write a text"
        meter="tokens"
        question="What should it be about?"
        placeholder="A short letter from a lighthouse keeper to the harbor master"
        order={order}
        call={write}
        submit={`Write · up to ${formatNumber(maxTokens)} tokens`}
        submitting="Writing…"
        alternatives={{
          isMaximum: true,
          onLess: (available) => (
            <Button size="sm" onClick={() => order.submit({ maxTokens: available })}>
              Write up to {formatNumber(available)} tokens
            </Button>
          ),
        }}
      >
        <NumberChoice
          label="Tokens, at most"
          numbers={lengths}
          value={maxTokens}
          onChange={(chosen) => order.choose({ maxTokens: chosen })}
        />
      </PromptForm>

      <section ref={sheet} tabIndex={-1} aria-label="Your text" aria-busy={write.isPending}>
        {(write.isPending || tokens.length > 0) && (
          <div className={classes.sheet}>
            <p className={classes.text} dir="auto">
              {tokens.join('')}
              {write.isPending && <span className={classes.caret} aria-hidden="true" />}
            </p>
            <footer className={classes.foot}>
              <span data-testid="token-count">
                {plural(charged ?? tokens.length, 'token', 'tokens')}
                {write.isPending ? ' so far' : ' used'}
              </span>
              {/* The Stop button becomes the Copy button and therefore keeps focus. */}
              <Button
                size="xs"
                variant="default"
                onClick={() => (write.isPending ? write.stop() : clipboard.copy(tokens.join('')))}
              >
                {write.isPending ? 'Stop' : copyLabel(clipboard)}
              </Button>
            </footer>
          </div>
        )}
        {write.isInterrupted && (
          <div ref={reveal} className={classes.broken}>
            <Notice
              tone="warning"
              role="alert"
              title="The text ended early"
              actions={
                <Button size="sm" variant="default" onClick={writeAgain}>
                  Write again
                </Button>
              }
            >
              Only the {plural(tokens.length, 'token', 'tokens')} you received count.
            </Notice>
          </div>
        )}
        {!write.isPending && tokens.length === 0 && (
          <p className={classes.empty}>
            Your text will appear here. The length you choose is the maximum. Only the text you receive
            counts.
          </p>
        )}
      </section>
    </>
  )
}

/** Returns the Copy button's label. Copying can fail, for example over plain HTTP. */
function copyLabel({ copied, error }: { copied: boolean; error: Error | null }) {
  if (error) return "Couldn't copy"
  return copied ? 'Copied' : 'Copy text'
}
