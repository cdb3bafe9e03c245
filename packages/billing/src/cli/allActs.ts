import type { Act, Ledger, LedgerAct } from '../ledger/ledger.ts'

/** Returns the acts of operators, oldest first. Includes the acts on the whole ledger unless a customer is given. */
export async function* allActs(
  ledger: Ledger,
  { customer }: { customer: string | null },
): AsyncGenerator<Act | LedgerAct> {
  // Operators rarely act on the whole ledger.
  const ledgerActs = customer === null ? await ledger.ledgerActs() : []
  for await (const act of ledger.acts({ customer })) {
    while (ledgerActs[0] && ledgerActs[0].at < act.at) yield* ledgerActs.splice(0, 1)
    yield act
  }
  yield* ledgerActs
}
