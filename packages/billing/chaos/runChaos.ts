import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Audit, audit } from './audit/audit.ts'
import { readFlowglad } from './audit/readFlowglad.ts'
import { Callers } from './calls/callers.ts'
import { describeFault, type Fault, targetOf } from './faults/fault.ts'
import { inject, type Surroundings, slowReads } from './faults/inject.ts'
import { schedule } from './faults/schedule.ts'
import { randomFrom } from './random.ts'
import { type Recovery, recoveries } from './recoveries.ts'
import { granted, holdTtlMs } from './settings.ts'
import { startTopology } from './topology/startTopology.ts'
import type { TopologyName } from './topology/topology.ts'

export interface ChaosRun {
  topology: TopologyName
  seed: number
  durationMs: number
  /** Called with a line for each fault that starts and each phase of the run that ends. */
  log: (line: string) => void
}

export interface ChaosResult extends Audit {
  topology: TopologyName
  seed: number
  /** The faults, in the order in which they happened. */
  history: string[]
  answers: Record<string, number>
  recoveries: Recovery[]
  /** The faults that this machine can't cause, and the reasons. */
  skipped: string[]
  /** The folder with the logs and all evidence. Null if nothing was violated. */
  folder: string | null
}

/** A fault that has happened. Times are in milliseconds since the start of the run. */
export interface PastFault {
  fault: Fault
  startedAt: number
  endedAt: number
}

const callers = 20
const customers = 6
/** The maximum wait for the first successful call. */
const startingMs = 20_000
/** The maximum wait after the last call until all holds have ended and all usage is delivered. */
const drainMs = 90_000

/** Makes calls while faults happen, waits until everything is delivered, and audits the result. */
export async function runChaos(run: ChaosRun): Promise<ChaosResult> {
  const folder = await mkdtemp(join(tmpdir(), 'metered-chaos-'))
  await using topology = await startTopology(run.topology, folder)
  const { store, nodes, flowglad, flowgladKey } = topology
  await eventually(() => store.reader.watchEndedHolds().then(() => true), 10_000)

  const startedAt = Date.now()
  const random = randomFrom(run.seed)
  const calling = new Callers({ urls: nodes.map(({ url }) => url), random, startedAt, customers })
  const lost: Surroundings['lost'] = new Set()
  slowReads({ topology, random, lost })
  calling.start(callers)
  // Before the first fault, wait for a successful call, which shows that the ledger has a snapshot.
  await eventually(async () => calling.hasAnswer, startingMs)
  const { history, past } = await causeFaults(run, { topology, random, lost }, startedAt)
  for (const node of nodes) await node.startAgain()
  run.log('The faults have ended')
  await calling.stop()
  run.log('The calls have ended')

  await eventually(async () => {
    const { events, holds } = await store.reader.read()
    return holds.length === 0 && events.every(({ state }) => state === 'acked' || state === 'dropped')
  }, drainMs)
  run.log('The wait for deliveries has ended')
  const evidence = {
    calls: calling.calls,
    ledger: await store.reader.read(),
    flowglad: await readFlowglad({ url: flowglad.url, key: flowgladKey }),
    lost,
    granted,
    crashes: [flowglad, ...nodes].flatMap(({ crashes }) => crashes),
  }
  const result = audit(evidence)
  const isViolated = result.checks.some(({ violations }) => violations.length > 0)
  if (isViolated)
    await writeFile(join(folder, 'evidence.json'), JSON.stringify({ ...evidence, lost: [...lost], history }))
  else await rm(folder, { recursive: true })
  return {
    ...result,
    topology: run.topology,
    seed: run.seed,
    history,
    answers: countAnswers(calling),
    recoveries: recoveries(past, calling.calls),
    skipped:
      store.kind === 'SQLite' && !store.disk ? ['disk full: mounting a volume requires root on Linux'] : [],
    folder: isViolated ? folder : null,
  }
}

/** Causes the scheduled faults. Resolves when all of them have ended. */
async function causeFaults(run: ChaosRun, surroundings: Surroundings, startedAt: number) {
  const { store, nodes } = surroundings.topology
  const history: string[] = []
  const past: PastFault[] = []
  const scheduled = schedule({
    seed: run.seed,
    durationMs: run.durationMs,
    nodes: nodes.length,
    store: store.kind,
    hasPooler: store.pooler !== null,
    canFillDisk: store.disk !== null,
    holdTtlMs,
  })
  let firstAt = Date.now()
  const running = new Map<string, Promise<void>>()
  const cause = async (fault: Fault) => {
    const line = `${((Date.now() - startedAt) / 1000).toFixed(1)} s: ${describeFault(fault)}`
    history.push(line)
    run.log(line)
    const faultAt = Date.now() - startedAt
    await inject(fault, surroundings)
    past.push({ fault, startedAt: faultAt, endedAt: Date.now() - startedAt })
  }
  for (const { atMs, fault } of scheduled) {
    await sleep(Math.max(0, firstAt + atMs - Date.now()))
    const isAlone = fault.kind === 'back up' || fault.kind === 'restore'
    await Promise.all(isAlone ? running.values() : [running.get(targetOf(fault))])
    // If faults take longer than scheduled, for example on a busy machine, keep the scheduled pauses between them.
    firstAt = Math.max(firstAt, Date.now() - atMs)
    if (Date.now() - startedAt > run.durationMs + startingMs) break
    const caused = cause(fault)
    running.set(targetOf(fault), caused)
    if (!isAlone) continue
    await caused
    firstAt = Math.max(firstAt, Date.now() - atMs - fault.forMs)
  }
  await Promise.all(running.values())
  return { history, past }
}

function countAnswers({ calls }: Callers): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const answer of calls.flatMap(({ answers }) => answers)) {
    const name = answer.state === 'denied' ? answer.code : answer.state
    counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}

/** Waits until the condition holds, at most `forMs`. */
async function eventually(condition: () => Promise<boolean>, forMs: number): Promise<void> {
  const until = Date.now() + forMs
  while (Date.now() < until) {
    if (await condition().catch(() => false)) return
    await sleep(200)
  }
}
