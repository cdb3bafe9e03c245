import { Button, SegmentedControl } from '@mantine/core'
import { useClipboard } from '@mantine/hooks'
import { useRef } from 'react'
import type { User } from '../api/Session.tsx'
import { formatNumber, plural } from '../format/format.ts'
import { Notice } from '../parts/Notice.tsx'
import { PromptForm, useOrder } from './PromptForm.tsx'
import { useBroughtIntoView } from './useBroughtIntoView.ts'
import { useWrite } from './useWrite.ts'
import classes from './WriteTab.module.css'

const lengths = [100, 300, 600]

/** A text that arrives word by word, its tokens counted as they come. */
export function WriteTab({ user }: { user: User }) {
  const write = useWrite()
  const { tokens } = write
  const order = useOrder({ user, tool: 'write', defaults: { maxTokens: 300 }, start: write.start })
  const { maxTokens } = order.options
  const sheet = useRef<HTMLElement>(null)
  const clipboard = useClipboard()
  useBroughtIntoView(sheet, write.isPending)

  function writeAgain() {
    order.submit()
    // The button goes; who pressed it stays at the text.
    sheet.current?.focus({ preventScroll: true })
  }

  return (
    <>
      <PromptForm
        label="Write a text"
        meter="tokens"
        question="What should it be about?"
        placeholder="A short letter from a lighthouse keeper to the harbour master"
        order={order}
        call={write}
        submit={`Write · up to ${formatNumber(maxTokens)} tokens`}
        submitting="Writing…"
        ways={{
          onLess: (available) => (
            <Button size="sm" onClick={() => order.submit({ maxTokens: available })}>
              Write up to {formatNumber(available)} tokens
            </Button>
          ),
        }}
      >
        <SegmentedControl
          aria-label="Length in tokens"
          data={lengths.map((it) => ({ value: String(it), label: formatNumber(it) }))}
          value={String(maxTokens)}
          onChange={(value) => order.choose({ maxTokens: Number(value) })}
        />
      </PromptForm>

      <section ref={sheet} tabIndex={-1} aria-label="Your text" aria-busy={write.isPending}>
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
              {/* One button, so that stopping does not take away what has the focus. */}
              <Button
                size="xs"
                variant="default"
                onClick={() => (write.isPending ? write.stop() : clipboard.copy(tokens.join('')))}
              >
                {write.isPending ? 'Stop here' : copyLabel(clipboard)}
              </Button>
            </footer>
          </div>
        )}
        {write.isInterrupted && (
          <div className={classes.broken}>
            <Notice
              tone="warning"
              role="alert"
              title="The text broke off"
              actions={
                <Button size="sm" variant="default" onClick={writeAgain}>
                  Write it again
                </Button>
              }
            >
              You pay only for the {plural(tokens.length, 'token', 'tokens')} that arrived.
            </Notice>
          </div>
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

/** A browser may refuse, over plain HTTP for instance: the text can still be chosen by hand. */
function copyLabel({ copied, error }: { copied: boolean; error: Error | null }) {
  if (error) return 'Could not copy'
  return copied ? 'Copied' : 'Copy text'
}
