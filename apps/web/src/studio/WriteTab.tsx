import { Button, SegmentedControl } from '@mantine/core'
import { useClipboard } from '@mantine/hooks'
import { useEffect, useRef, useState } from 'react'
import { useApi } from '../api.ts'
import { formatNumber, plural } from '../format.ts'
import { Notice } from '../parts/Notice.tsx'
import type { User } from '../Session.tsx'
import { PromptForm, useOrder } from './PromptForm.tsx'
import { useBroughtIntoView } from './useBroughtIntoView.ts'
import { usePaidCall } from './usePaidCall.ts'
import { useWritten } from './useWritten.ts'
import classes from './WriteTab.module.css'

const lengths = [100, 300, 600]

interface Order {
  prompt: string
  maxTokens: number
}

/** A text that arrives word by word, its tokens counted as they come. */
export function WriteTab({ user }: { user: User }) {
  const api = useApi()
  const { tokens, put, add } = useWritten()
  // What broke off in the middle is told below it, with what it cost.
  const [brokeOff, setBrokeOff] = useState(false)
  const stop = useRef<AbortController | null>(null)

  const write = usePaidCall('write', async (order: Order, call) => {
    const aborting = new AbortController()
    stop.current = aborting
    setBrokeOff(false)
    put([])
    let begun = false
    try {
      for await (const token of await api.studio.write.mutate(order, {
        ...call,
        signal: aborting.signal,
      })) {
        begun = true
        add(token)
      }
    } catch (error) {
      if (aborting.signal.aborted) return
      setBrokeOff(begun)
      throw error
    } finally {
      // A call that brought nothing, refused or stopped, takes nothing away: the last text is paid for.
      if (!begun) put(tokens)
    }
  })
  useEffect(() => () => stop.current?.abort(), [])

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
        call={brokeOff ? { ...write, error: null } : write}
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
          aria-label="Length"
          data={lengths.map((it) => ({ value: String(it), label: `${it} tokens` }))}
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
                onClick={() => (write.isPending ? stop.current?.abort() : clipboard.copy(tokens.join('')))}
              >
                {write.isPending ? 'Stop here' : copyLabel(clipboard)}
              </Button>
            </footer>
          </div>
        )}
        {brokeOff && (
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
