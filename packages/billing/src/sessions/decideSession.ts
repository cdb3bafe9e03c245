import type { SessionEnd } from '../contract/errors.ts'

/** The result of a check. `unknown`: the session couldn't be read. */
export type Owner = { state: 'active'; customer: string } | { state: 'ended' } | { state: 'unknown' }

/**
 * Decides what a check's result means for a stream or a connection. `confirm`: the session still belongs to
 * its customer. `wait`: check again later.
 */
export function decideSession(
  owner: Owner,
  {
    customer,
    uncheckedMs,
    maxUncheckedMs,
  }: { customer: string; uncheckedMs: number; maxUncheckedMs: number },
): 'confirm' | 'wait' | SessionEnd {
  switch (owner.state) {
    case 'active':
      return owner.customer === customer ? 'confirm' : 'ended'
    case 'ended':
      return 'ended'
    case 'unknown':
      return uncheckedMs < maxUncheckedMs ? 'wait' : 'unchecked'
    default:
      return owner satisfies never
  }
}
