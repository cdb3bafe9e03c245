import { act } from '../act.ts'
import { eventAct } from '../actOptions.ts'
import { defineCommand } from '../command.ts'

export const retry = defineCommand({
  name: 'retry',
  summary: 'makes a running server send a parked usage event now',
  ...eventAct,
  details: `Makes a parked usage event due immediately, before its next hourly retry. A running server then sends it
to Flowglad. Use the command after you have corrected the cause of the rejection.`,
  run: ({ attempt, meter, ...options }, context) =>
    act(
      { ...options, act: { type: 'retry', attempt, meter } },
      context,
      'Next: a running server sends the event.',
    ),
})
