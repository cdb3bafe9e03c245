import { refundId } from '../ledger/core/actId.ts'
import type { Act, Charge } from '../ledger/reads.ts'

/** Returns a function that looks up when a charge was refunded (null = never). Keeps only the refunds in memory. */
export async function refundTimes(
  acts: AsyncIterable<Act> | Act[],
): Promise<(charge: Pick<Charge, 'transactionId' | 'meter'>) => number | null> {
  const refunds = new Map<string, number>()
  for await (const { id, act, at } of acts) if (act.type === 'refund') refunds.set(id, at)
  return ({ transactionId: attempt, meter }) => refunds.get(refundId({ attempt, meter })) ?? null
}
