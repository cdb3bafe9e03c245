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

/** The longest prompt that the server accepts, in characters. */
const maxLength = 1_000

interface PromptFormProps {
  label: string
  meter: Meter
  question: string
  placeholder: string
  order: ReturnType<typeof useOrder>
  call: { isPending: boolean; error: { message: string } | null; submittedAt: number }
  /** The button's label, including the cost. */
  submit: string
  /** The button's label while work runs. */
  submitting: string
  /** The kind of cost, and the buttons that the tool offers after a denial. */
  alternatives: Pick<ComponentProps<typeof DenialNotice>, 'onLess' | 'onWithoutFeature' | 'isMaximum'>
  /** The inputs for the tool's options, beside the button. */
  children: ReactNode
}

/** Shows the form for a tool that takes a prompt. */
export function PromptForm({ order, call, alternatives, children, ...words }: PromptFormProps) {
  return (
    <Composer
      label={words.label}
      meter={words.meter}
      onSubmit={() => order.submit()}
      denial={
        call.error && (
          <DenialNotice
            key={call.submittedAt}
            meter={words.meter}
            error={call.error}
            onRetry={() => order.submit()}
            {...alternatives}
          />
        )
      }
    >
      <Textarea
        label={words.question}
        dir="auto"
        placeholder={words.placeholder}
        value={order.prompt}
        onChange={(event) => order.setPrompt(event.currentTarget.value)}
        maxLength={maxLength}
        description={
          order.prompt.length >= maxLength * 0.9 &&
          `${formatNumber(order.prompt.length)} of ${formatNumber(maxLength)} characters`
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
  /** The name under which the draft is stored. */
  tool: string
  defaults: Options
  start: (order: Options & { prompt: string }) => void
}

/** Keeps a tool's prompt and options, and submits them. */
export function useOrder<Options extends object>({ user, tool, defaults, start }: OrderOptions<Options>) {
  const [prompt, setPrompt] = useDraft(user.id, tool)
  const [options, setOptions] = useState(defaults)
  return {
    prompt,
    setPrompt,
    options,
    choose: (change: Partial<Options>) => setOptions({ ...options, ...change }),
    /** Applies `change` to the selected options, and submits the form. */
    submit(change: Partial<Options> = {}) {
      const chosen = { ...options, ...change }
      setOptions(chosen)
      start({ ...chosen, prompt: prompt.trim() })
    },
  }
}
