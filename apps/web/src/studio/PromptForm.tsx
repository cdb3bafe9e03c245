import { Textarea } from '@mantine/core'
import { type ComponentProps, type ReactNode, useState } from 'react'
import type { User } from '../api/Session.tsx'
import { formatNumber } from '../format/format.ts'
import type { Meter } from '../format/meters.ts'
import { SubmitButton } from '../parts/SubmitButton.tsx'
import { Composer } from './Composer.tsx'
import { DenialNotice } from './DenialNotice.tsx'
import { useDraft } from './draft.ts'
import classes from './PromptForm.module.css'

/** Characters of a prompt: the server takes no more. */
const longest = 1_000

interface PromptFormProps {
  label: string
  meter: Meter
  question: string
  placeholder: string
  order: ReturnType<typeof useOrder>
  call: { isPending: boolean; error: { message: string } | null; submittedAt: number }
  /** The button's words: what it will cost, and that work runs. */
  submit: string
  submitting: string
  /** Ways to go on after a denial that differ from tool to tool. */
  ways: Pick<ComponentProps<typeof DenialNotice>, 'onLess' | 'onWithoutFeature'>
  /** The options beside the button. */
  children: ReactNode
}

/** The form of a tool that works from a prompt. */
export function PromptForm({ order, call, ways, children, ...words }: PromptFormProps) {
  return (
    <Composer
      label={words.label}
      meter={words.meter}
      onSubmit={() => order.submit()}
      denial={
        call.error && (
          <DenialNotice key={call.submittedAt} error={call.error} onRetry={() => order.submit()} {...ways} />
        )
      }
    >
      <Textarea
        label={words.question}
        placeholder={words.placeholder}
        value={order.prompt}
        onChange={(event) => order.setPrompt(event.currentTarget.value)}
        maxLength={longest}
        description={
          order.prompt.length >= longest * 0.9 &&
          `${formatNumber(order.prompt.length)} of ${formatNumber(longest)} characters`
        }
        inputWrapperOrder={['label', 'input', 'description']}
        rows={4}
        size="md"
        required
        withAsterisk={false}
      />
      <div className={classes.options}>
        {children}
        <SubmitButton busy={call.isPending} className={classes.submit}>
          {call.isPending ? words.submitting : words.submit}
        </SubmitButton>
      </div>
    </Composer>
  )
}

interface OrderOptions<Options extends object> {
  user: User
  /** Under which name the prompt is kept while it is being written. */
  tool: string
  defaults: Options
  start: (order: Options & { prompt: string }) => void
}

/** What is about to be ordered: a prompt and a tool's options. */
export function useOrder<Options extends object>({ user, tool, defaults, start }: OrderOptions<Options>) {
  const [prompt, setPrompt] = useDraft(user.id, tool)
  const [options, setOptions] = useState(defaults)
  return {
    prompt,
    setPrompt,
    options,
    choose: (change: Partial<Options>) => setOptions({ ...options, ...change }),
    /** Orders it as it is, or with a change that stays chosen from then on. */
    submit(change: Partial<Options> = {}) {
      const chosen = { ...options, ...change }
      setOptions(chosen)
      start({ ...chosen, prompt: prompt.trim() })
    },
  }
}
