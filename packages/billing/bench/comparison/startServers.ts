import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { createTRPCClient } from '@trpc/client'
import { startPostgres } from 'test-postgres'
import { buildScript } from '../../processes/buildScript.ts'
import { startProcess } from '../../processes/startProcess.ts'
import { temporaryFolder } from '../pairs.ts'
import type { FlowgladControl } from '../processes/flowgladProcess.ts'
import type { LoadControl } from '../processes/loadProcess.ts'
import { isOnPostgres, type ServerSettings, type Variant } from '../processes/openVariant.ts'
import type { ServerControl } from '../processes/serverProcess.ts'
import { BenchServer } from './BenchServer.ts'
import { postgresCpu } from './postgresCpu.ts'

const processes = new URL('../processes/', import.meta.url).href
const flowgladLocal = fileURLToPath(new URL('../../../flowglad-local/', import.meta.url))

/** Bundles a script so that, like an installed package, it runs without the overhead of `tsx`. */
const script = async (name: string, root?: string) => pathToFileURL(await buildScript(name, processes, root))

/** Starts flowglad-local, a load generator and one server for each variant, each in its own process. */
export async function startServers(
  variants: readonly Variant[],
  { delivers = true, counts = false }: Partial<Pick<ServerSettings, 'delivers' | 'counts'>> = {},
) {
  const parts: AsyncDisposable[] = []
  const use = <T extends AsyncDisposable>(part: T): T => {
    parts.push(part)
    return part
  }
  const stop = async () => {
    for (const part of parts.reverse()) await part[Symbol.asyncDispose]()
  }

  async function start() {
    const folder = use(await temporaryFolder())
    const load = createTRPCClient<LoadControl>(use(await startProcess(await script('loadProcess'))))
    const { address: flowgladAddress } = createTRPCClient<FlowgladControl>(
      use(await startProcess(await script('flowgladProcess', flowgladLocal))),
    )
    const postgres = variants.some(isOnPostgres) ? use(await startPostgres()) : null
    const flowglad = await flowgladAddress.query()
    const serverScript = await script('serverProcess')

    const startServer = async (variant: Variant) => {
      const database = isOnPostgres(variant) && postgres ? await postgres.createDatabase() : null
      const prefix = variant.replaceAll(/\W+/g, '-').toLowerCase()
      const settings: ServerSettings = {
        variant,
        prefix,
        address: database ?? join(folder.path, `${prefix}.db`),
        flowglad,
        delivers,
        counts,
      }
      const server = createTRPCClient<ServerControl>(use(await startProcess(serverScript, settings)))
      const databaseCpu = database === null ? async () => null : await postgresCpu(database)
      return new BenchServer({
        variant,
        prefix,
        address: settings.address,
        server,
        load,
        flowglad,
        databaseCpu,
      })
    }

    const servers: BenchServer[] = []
    for (const variant of variants) servers.push(await startServer(variant))
    return servers
  }

  try {
    const servers = await start()
    return { servers, [Symbol.asyncDispose]: stop }
  } catch (error) {
    await stop()
    throw error
  }
}
