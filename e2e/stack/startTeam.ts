import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type FlowgladRecords, flowgladRecords } from './flowgladRecords.ts'
import { freePort, repository, startProcess } from './startProcess.ts'

const key = 'sk_test_local'

export interface TeamApp extends AsyncDisposable {
  /** The address of the app. */
  url: string
  records: FlowgladRecords
  /** Returns the output of the app and of flowglad-local, by name. */
  logs(): Record<string, string>
}

/** Starts the app in `e2e/team` with its own ledger and flowglad-local. Each team has 10 pictures a month. */
export async function startTeam(): Promise<TeamApp> {
  const folder = await mkdtemp(join(tmpdir(), 'metered-team-'))
  const flowgladPort = await freePort()
  const flowglad = await startProcess({
    main: 'packages/flowglad-local/dist/main.js',
    port: flowgladPort,
    ready: '/',
    env: {
      FLOWGLAD_LOCAL_PORT: String(flowgladPort),
      FLOWGLAD_LOCAL_DB: join(folder, 'flowglad.sqlite'),
      FLOWGLAD_LOCAL_PRICING: join(repository, 'apps/server/pricing.yaml'),
      FLOWGLAD_LOCAL_KEY: key,
    },
  })
  const port = await freePort()
  const app = await startProcess({
    main: 'e2e/team/main.ts',
    port,
    ready: '/',
    env: {
      PORT: String(port),
      LEDGER: join(folder, 'ledger.sqlite'),
      FLOWGLAD_BASE_URL: flowglad.url,
      FLOWGLAD_SECRET_KEY: key,
    },
  })
  return {
    url: app.url,
    records: flowgladRecords({ url: flowglad.url, key }),
    logs: () => ({ app: app.output(), 'flowglad-local': flowglad.output() }),
    async [Symbol.asyncDispose]() {
      await app.kill('SIGTERM')
      await flowglad.kill('SIGTERM')
      await rm(folder, { recursive: true, force: true })
    },
  }
}
