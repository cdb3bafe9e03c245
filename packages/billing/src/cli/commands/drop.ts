import { act } from '../act.ts'
import { eventAct } from '../actOptions.ts'
import { defineCommand } from '../command.ts'

export const drop = defineCommand({
  name: 'drop',
  summary: 'drops a parked usage event, so that it is never billed',
  ...eventAct,
  details: `Drops a parked usage event. The event is never sent again, so the customer isn't charged for it. The
customer gets the units back with the next fetch from Flowglad. A drop can't be undone.`,
  run: ({ attempt, meter, ...options }, context) =>
    act(
      { ...options, act: { type: 'drop', attempt, meter } },
      context,
      'Next: the customer gets the units back with the next fetch from Flowglad.',
    ),
})
