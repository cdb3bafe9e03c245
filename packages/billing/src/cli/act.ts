import { randomUUID } from 'node:crypto'
import type { Refusal } from '../ledger/answers.ts'
import type { Operate } from '../ledger/commands.ts'
import type { Act, LedgerAct } from '../ledger/reads.ts'
import { type ActChange, actChanges } from '../operator/actChanges.ts'
import { createOperator } from '../operator/createOperator.ts'
import { type CommandContext, CommandError, type Report } from './command.ts'
import { columns, time } from './formatting.ts'
import { openLedger } from './openLedger.ts'

/** Makes an operator's change, and returns the report to print. `next` is the report's last line. */
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
  const operator = createOperator({ ledger })
  const answer = await operator.act({ customer, id: randomUUID(), by: by ?? context.user, reason, act })
  if (answer.state === 'refused') throw new CommandError(`Nothing was changed: ${refusals[answer.why]}`)
  const repeated = answer.state === 'repeated' ? 'This change was already made. Nothing was changed.\n' : ''
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

/** Describes an act and each value that it changed. */
export function describeAct(record: Act | LedgerAct): string {
  const { at, by, reason, act: done } = record
  const { type, ...object } = done
  const isOnCustomer = 'customer' in record
  const words = [...(isOnCustomer ? [record.customer] : []), ...Object.values(object)]
  const title = `${time(at)} ${[type, ...words].join(' ')}, by ${by}: ${reason}`
  const changes = isOnCustomer ? actChanges(record).map(describeChange) : restoreChanges(record)
  return `${columns([[title]]).trimStart()}${columns(changes)}`
}

function restoreChanges({ before, after }: LedgerAct): [name: string, change: string][] {
  const describe = (value: number | null) => (value === null ? 'never' : time(value))
  const names = ['restoredAt', 'recoveredAt'] as const
  return names.flatMap((name) =>
    before[name] === after[name]
      ? []
      : [
          [
            name === 'restoredAt' ? 'restored' : 'recovered',
            `${describe(before[name])} → ${describe(after[name])}`,
          ],
        ],
  )
}

function describeChange({ meter, name, before, after }: ActChange): [name: string, change: string] {
  const describe = (value: ActChange['before']) => {
    if (name !== 'retryAt') return value ?? 'none'
    return typeof value === 'number' ? time(value) : 'never'
  }
  const title = name === 'retryAt' ? 'retry' : name
  return [meter === null ? title : `${meter} ${title}`, `${describe(before)} → ${describe(after)}`]
}
