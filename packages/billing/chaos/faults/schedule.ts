import { type Random, randomFrom } from '../random.ts'
import { type Fault, proxyModes, type Scheduled, targetOf } from './fault.ts'

export interface ScheduleSetup {
  seed: number
  durationMs: number
  nodes: number
  store: 'SQLite' | 'PostgreSQL'
  /** Whether the nodes connect through PgBouncer. */
  hasPooler: boolean
  /** Whether the ledger's disk can be filled. */
  canFillDisk: boolean
  /** How long a hold lasts without a renewal. */
  holdTtlMs: number
}

/** The pause before each backup and after each restore, so that no other fault overlaps them. */
const calmMs = 3_000

/**
 * Returns the faults of a run. The same setup always returns the same faults. Faults can overlap, but each target
 * has at most one fault at a time. No other fault happens between a backup and its restore, because a ledger may
 * exceed a grant if Flowglad can't be reached during a restore.
 */
export function schedule({ seed, durationMs, ...setup }: ScheduleSetup): Scheduled[] {
  const random = randomFrom(seed)
  const scheduled: Scheduled[] = []
  const freeAt = new Map<string, number>()
  const end = () => Math.max(0, ...freeAt.values())
  let atMs = 1_000
  const add = (fault: Fault, startMs: number) => {
    scheduled.push({ atMs: startMs, fault })
    freeAt.set(targetOf(fault), startMs + fault.forMs + 500)
  }
  while (true) {
    const fault = randomFault(random, setup)
    if (fault.kind === 'restore') {
      const backUpAt = Math.max(atMs, end()) + calmMs
      const restoreAt = backUpAt + random.between(3_000, 8_000)
      atMs = restoreAt + fault.forMs + calmMs
      if (atMs > durationMs) return scheduled
      add({ kind: 'back up', forMs: 0 }, backUpAt)
      add(fault, restoreAt)
      continue
    }
    const startMs = Math.max(atMs, freeAt.get(targetOf(fault)) ?? 0)
    if (startMs + fault.forMs > durationMs) return scheduled
    add(fault, startMs)
    // Pause longer from time to time. Otherwise, the nodes would spend most of the run recovering, and answer few
    // calls.
    atMs = random.chance(0.2) ? end() + random.between(4_000, 8_000) : startMs + random.between(300, 3_000)
  }
}

function randomFault(
  random: Random,
  { nodes, store, hasPooler, canFillDisk, holdTtlMs }: Omit<ScheduleSetup, 'seed' | 'durationMs'>,
): Fault {
  const node = random.between(0, nodes - 1)
  const stepMs = random.oneOf([2_000, 20_000, 600_000, 3_600_000])
  const makers: [() => Fault, ...(() => Fault)[]] = [
    () => ({ kind: 'kill node', node, forMs: random.between(0, 2_000) }),
    () => ({ kind: 'kill node', node, forMs: random.between(0, 2_000) }),
    () => ({ kind: 'pause node', node, forMs: random.between(200, holdTtlMs / 2) }),
    () => ({
      kind: 'pause node beyond its holds',
      node,
      forMs: random.between(holdTtlMs * 1.3, holdTtlMs * 2),
    }),
    () => ({ kind: 'clock forward', node, stepMs, forMs: random.between(500, 5_000) }),
    () => ({ kind: 'clock backward', node, stepMs, forMs: random.between(500, 5_000) }),
    () => proxyFault(random),
    () => proxyFault(random),
    () => proxyFault(random),
    () => ({ kind: 'kill flowglad-local', forMs: random.between(0, 2_000) }),
  ]
  if (store === 'PostgreSQL') {
    makers.push(() => ({ kind: 'kill PostgreSQL', forMs: random.between(0, 3_000) }))
    makers.push(() => ({ kind: 'terminate backends', forMs: 0 }))
    if (hasPooler) {
      makers.push(() => ({ kind: 'restart pooler', forMs: random.between(0, 1_000) }))
      makers.push(() => ({ kind: 'kill pooler', forMs: random.between(0, 2_000) }))
      // The longest pauses are longer than the nodes wait for the database.
      makers.push(() => ({ kind: 'pause pooler', forMs: random.between(200, 4_000) }))
    }
  } else {
    makers.push(() => ({ kind: 'restore', node, forMs: random.between(500, 1_500) }))
    if (canFillDisk) makers.push(() => ({ kind: 'disk full', forMs: random.between(300, 4_000) }))
  }
  return random.oneOf(makers)()
}

const proxyFault = (random: Random): Fault => ({
  kind: 'proxy',
  mode: random.oneOf(proxyModes),
  share: random.oneOf([0.3, 0.7, 1]),
  forMs: random.between(500, 6_000),
})
