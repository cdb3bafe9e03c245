import { act } from '../act.ts'
import { eventAct } from '../actOptions.ts'
import { defineCommand } from '../command.ts'

export const retry = defineCommand({
  name: 'retry',
  summary: 'makes a parked usage event due for a retry',
  ...eventAct,
  details: `Makes a parked usage event due now, instead of at its next hourly retry. A running server then sends it
to Flowglad. Use it after you have corrected what Flowglad rejected.`,
  run: ({ attempt, meter, ...options }, context) =>
    act(
      { ...options, act: { type: 'retry', attempt, meter } },
      context,
      'Next: a running server sends the event.',
    ),
})
