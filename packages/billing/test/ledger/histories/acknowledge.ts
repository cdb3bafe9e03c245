import type { UsageEvent } from '../../../src/ledger/answers.ts'
import type { CheckedLedger } from './CheckedLedger.ts'

/** Acknowledges each event twice, as if two workers had received the answer or a batch had run again. */
export async function acknowledge(ledger: CheckedLedger, events: UsageEvent[]): Promise<void> {
  const ids = events.map(({ attempt, meter }) => ({ attempt, meter, priceId: null }))
  await ledger.execute([{ type: 'acknowledge', customer: ledger.customer, events: [...ids, ...ids] }])
}
