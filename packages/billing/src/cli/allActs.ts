import type { Ledger } from '../ledger/ledger.ts'
import type { Act, LedgerAct } from '../ledger/reads.ts'

/** Yields operators' acts, oldest first. Without a customer, includes acts on the whole ledger. */
export async function* allActs(
  ledger: Ledger,
  { customer }: { customer: string | null },
): AsyncGenerator<Act | LedgerAct> {
  // Acts on the whole ledger are few, so read all of them at once.
  const ledgerActs = customer === null ? await ledger.ledgerActs() : []
  for await (const act of ledger.acts({ customer })) {
    while (ledgerActs[0] && ledgerActs[0].at < act.at) yield* ledgerActs.splice(0, 1)
    yield act
  }
  yield* ledgerActs
}
