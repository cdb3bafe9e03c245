import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { buildScript } from '../../processes/buildScript.ts'
import { startProxy } from '../../test/flowglad/startProxy.ts'
import { pricing } from '../settings.ts'
import { ChaosServer, freePort } from './chaosServer.ts'
import { openPostgres, openSqlite } from './openStore.ts'
import { needsPgBouncer, type Topology, type TopologyName } from './topology.ts'

const nodeCounts = {
  sqlite: 1,
  postgres: 2,
  'postgres-3': 3,
  pgbouncer: 2,
  'pgbouncer-3': 3,
} as const satisfies Record<TopologyName, number>

const processes = new URL('../processes/', import.meta.url).href
const flowgladLocal = fileURLToPath(new URL('../../../flowglad-local/', import.meta.url))

/**
 * Starts flowglad-local with a file, a proxy in front of it, the ledger's store and the nodes. All servers
 * except the proxy are separate processes.
 *
 * @param folder Contains Flowglad's data, the backups and the logs.
 */
export async function startTopology(name: TopologyName, folder: string): Promise<Topology> {
  const parts: AsyncDisposable[] = []
  const use = <T extends AsyncDisposable>(part: T): T => {
    parts.push(part)
    return part
  }
  const stop = async () => {
    process.off('exit', onExit)
    for (const part of parts.reverse()) await part[Symbol.asyncDispose]()
  }
  const onExit = () => {
    for (const part of parts) if (part instanceof ChaosServer) part.killNow()
  }
  process.once('exit', onExit)
  try {
    const nodeScript = pathToFileURL(await buildScript('chaosNode', processes))
    const flowgladScript = pathToFileURL(await buildScript('chaosFlowglad', processes, flowgladLocal))
    const store = use(
      name === 'sqlite' ? openSqlite(folder) : await openPostgres({ isPooled: needsPgBouncer(name) }),
    )
    const flowglad = use(
      new ChaosServer({
        name: 'flowglad-local',
        script: flowgladScript,
        port: await freePort(),
        settings: { pricing, db: join(folder, 'flowglad.db') },
        logFile: join(folder, 'flowglad-local.log'),
      }),
    )
    await flowglad.start()
    const proxy = use(await startProxy(flowglad.url, { records: false }))
    const flowgladKey = 'sk_test_local'
    const nodes: ChaosServer[] = []
    for (let node = 0; node < nodeCounts[name]; node += 1) {
      const server = use(
        new ChaosServer({
          name: `node ${node}`,
          script: nodeScript,
          port: await freePort(),
          settings: { address: store.address, flowglad: { url: proxy.url, key: flowgladKey } },
          logFile: join(folder, `node-${node}.log`),
        }),
      )
      await server.start()
      nodes.push(server)
    }
    return { store, flowglad, flowgladKey, proxy, nodes, [Symbol.asyncDispose]: stop }
  } catch (error) {
    await stop()
    throw error
  }
}
