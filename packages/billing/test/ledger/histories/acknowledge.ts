import type { UsageEvent } from '../../../src/ledger/answers.ts'
import type { Acknowledge } from '../../../src/ledger/commands.ts'
import type { CheckedLedger } from './CheckedLedger.ts'

/**
 * Acknowledges each event twice, as if two workers had received the response or a batch had run again. Ends the
 * lease with the token `endsLease`.
 */
export async function acknowledge(
  ledger: CheckedLedger,
  events: UsageEvent[],
  endsLease?: string,
): Promise<void> {
  const ids = events.map(({ attempt, meter }) => ({ attempt, meter, priceId: null }))
  const twice: Acknowledge = { type: 'acknowledge', customer: ledger.customer, events: [...ids, ...ids] }
  await ledger.execute([endsLease === undefined ? twice : { ...twice, endsLease }])
}
