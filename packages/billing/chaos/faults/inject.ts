import { setTimeout as sleep } from 'node:timers/promises'
import { readFlowglad } from '../audit/readFlowglad.ts'
import type { Random } from '../random.ts'
import type { ChaosServer } from '../topology/chaosServer.ts'
import type { Topology } from '../topology/topology.ts'
import type { Fault } from './fault.ts'
import { proxyFaultOf, slowRead } from './proxyFaults.ts'

export interface Surroundings {
  topology: Topology
  random: Random
  /** The operations whose charges a restore has lost. */
  lost: Set<string>
}

/** From now on, delays half of the requests for snapshots, even while there is no fault. */
export function slowReads({ topology, random }: Surroundings): void {
  topology.proxy.breakWith((passing) => slowRead(passing, random))
}

/** Causes the fault. Resolves when the fault has ended. */
export async function inject(fault: Fault, surroundings: Surroundings): Promise<void> {
  const { topology, random } = surroundings
  const { store, proxy, flowglad } = topology
  switch (fault.kind) {
    case 'kill node':
      return restart(nodeOf(fault.node, topology), fault.forMs)
    case 'pause node':
    case 'pause node beyond its holds': {
      const node = nodeOf(fault.node, topology)
      node.signal('SIGSTOP')
      await sleep(fault.forMs)
      node.signal('SIGCONT')
      return
    }
    case 'clock forward':
    case 'clock backward': {
      const node = nodeOf(fault.node, topology)
      node.send({ offsetMs: fault.kind === 'clock forward' ? fault.stepMs : -fault.stepMs })
      await sleep(fault.forMs)
      node.send({ offsetMs: 0 })
      return
    }
    case 'proxy':
      proxy.breakWith((passing) =>
        random.chance(fault.share) ? proxyFaultOf(fault.mode, random) : slowRead(passing, random),
      )
      await sleep(fault.forMs)
      slowReads(surroundings)
      return
    case 'kill flowglad-local':
      return restart(flowglad, fault.forMs)
    case 'kill PostgreSQL':
      await store.postgres?.kill()
      await sleep(fault.forMs)
      await store.postgres?.start()
      return
    case 'terminate backends':
      await store.postgres?.terminateBackends().catch(() => {
        // Ignore the error: another fault has already killed the server.
      })
      return
    case 'restart pooler':
    case 'kill pooler':
      await (fault.kind === 'kill pooler' ? store.pooler?.kill() : store.pooler?.stop())
      await sleep(fault.forMs)
      await store.pooler?.start()
      return
    case 'pause pooler':
      store.pooler?.signal('SIGSTOP')
      await sleep(fault.forMs)
      store.pooler?.signal('SIGCONT')
      return
    case 'disk full':
      store.disk?.fill()
      await sleep(fault.forMs)
      store.disk?.empty()
      return
    case 'back up':
      await store.backups?.backUp()
      return
    case 'restore':
      return restore(nodeOf(fault.node, topology), fault.forMs, surroundings)
    default:
      fault satisfies never
  }
}

function nodeOf(node: number, { nodes }: Topology): ChaosServer {
  const found = nodes[node]
  if (!found) throw new Error(`There is no node ${node}`)
  return found
}

async function restart(server: ChaosServer, forMs: number): Promise<void> {
  await server.kill()
  await sleep(forMs)
  await server.start()
}

/** Restores the backup while the node is down, and remembers the operations whose charges are lost. */
async function restore(node: ChaosServer, forMs: number, { topology, lost }: Surroundings): Promise<void> {
  const { store, flowglad, flowgladKey } = topology
  await node.kill()
  const before = await store.reader.read()
  store.backups?.restore()
  const after = new Set((await store.reader.read()).events.map(({ attempt }) => attempt))
  const delivered = await readFlowglad({ url: flowglad.url, key: flowgladKey })
  const atFlowglad = new Set(delivered.map(({ transactionId }) => transactionId))
  for (const { attempt, procedure } of before.events)
    if (!after.has(attempt) && !atFlowglad.has(attempt)) lost.add(procedure)
  await sleep(forMs)
  await node.start()
}
