import { randomUUID } from 'node:crypto'
import type { Refusal } from '../ledger/answers.ts'
import type { Operate } from '../ledger/commands.ts'
import type { Act, LedgerAct } from '../ledger/ledger.ts'
import { type CommandContext, CommandError, type Report } from './command.ts'
import { columns, time } from './formatting.ts'
import { openLedger } from './openLedger.ts'

/** Executes an operator's act, and reports its record. `next` is the last line of the report. */
export async function act(
  {
    customer,
    by,
    reason,
    act,
    ledger: location,
  }: Pick<Operate, 'customer' | 'reason' | 'act'> & {
    by?: string | undefined
    ledger?: string | undefined
  },
  context: CommandContext,
  next: string,
): Promise<Report> {
  await using ledger = await openLedger({ ledger: location }, context)
  const id = randomUUID()
  const answer = await ledger.execute({ type: 'operate', customer, id, by: by ?? context.user, reason, act })
  if (answer.state === 'refused') throw new CommandError(`Nothing was changed: ${refusals[answer.why]}`)
  const repeated = answer.state === 'repeated' ? 'The act was already done. Nothing was changed.\n' : ''
  return { text: `${repeated}${describeAct(answer.act)}${next}\n`, json: answer.act }
}

const refusals: Record<Refusal, string> = {
  noEvent: 'the ledger has no such usage event for this customer.',
  notParked: 'the event is not parked. metered parked lists the parked events.',
  noHold: 'the attempt has no open hold. metered customer <id> lists the open holds.',
  noBalance: 'the customer has no current subscription with a balance on this meter.',
  aboveLimit: "the debit exceeds the customer's limit for this period.",
  dropped: 'the charge was dropped, so it is never billed.',
  unlimited: 'the charge cost nothing, because the meter was unlimited.',
}

/** Describes an act, and each value that it changed. */
export function describeAct(record: Act | LedgerAct): string {
  const { at, by, reason, act: done } = record
  const { type, ...object } = done
  const title = `${time(at)} ${[type, ...customerOf(record), ...Object.values(object)].join(' ')}, by ${by}: ${reason}`
  const [before, after] =
    'customer' in record
      ? [valuesOf(record.before), valuesOf(record.after)]
      : [timesOf(record.before), timesOf(record.after)]
  const earlier = new Map(before)
  const changes = after.flatMap(([name, value]) =>
    earlier.get(name) === value ? [] : [[name, `${earlier.get(name) ?? 'none'} → ${value}`]],
  )
  return `${columns([[title]]).trimStart()}${columns(changes)}`
}

const customerOf = (record: Act | LedgerAct) => ('customer' in record ? [record.customer] : [])

type Value = [name: string, value: string | number]

const timesOf = ({ restoredAt, recoveredAt }: LedgerAct['before']): Value[] => [
  ['restored', restoredAt === null ? 'never' : time(restoredAt)],
  ['recovered', recoveredAt === null ? 'no' : time(recoveredAt)],
]

function valuesOf({ event, hold, accounts }: Act['before']): Value[] {
  return [
    ...(event ? [['event', event.state] as [string, string]] : []),
    ...(event ? [['retry', event.retryAt === null ? 'never' : time(event.retryAt)] as [string, string]] : []),
    ...(hold === undefined ? [] : [['hold', hold === null ? 'ended' : 'open'] as [string, string]]),
    ...accounts.flatMap(({ meter, ...counters }) =>
      Object.entries(counters).map(([name, value]): [string, number] => [`${meter} ${name}`, value]),
    ),
  ]
}
