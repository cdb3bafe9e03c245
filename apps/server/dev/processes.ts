import type { PortVariable, Settings } from './readSettings.ts'

export interface DevProcess {
  name: string
  /** The process's working folder, relative to the repository. */
  folder: string
  command: [tool: string, ...args: string[]]
  portVariable: PortVariable
  /** A URL that responds with 2xx once the process is ready. */
  ready: string
  env: Record<string, string>
  /** True to print only the process's warnings and errors. */
  quiet: boolean
}

const watchMain: DevProcess['command'] = ['tsx', 'watch', '--clear-screen=false', 'src/main.ts']

/** Returns the processes to start. Omits flowglad-local if the server uses another Flowglad instance. */
export function processesOf(settings: Settings): DevProcess[] {
  const { ports, databases, webhook } = settings
  const { metered } = databases
  const serverUrl = `http://127.0.0.1:${ports.PORT}`
  const flowgladLocal: DevProcess = {
    name: 'flowglad-local',
    folder: 'packages/flowglad-local',
    command: watchMain,
    portVariable: 'FLOWGLAD_LOCAL_PORT',
    ready: `${settings.flowgladLocalUrl}/`,
    env: {
      FLOWGLAD_LOCAL_PORT: String(ports.FLOWGLAD_LOCAL_PORT),
      FLOWGLAD_LOCAL_DB: databases.flowglad,
      FLOWGLAD_LOCAL_PRICING: settings.pricingFile,
      FLOWGLAD_LOCAL_WEBHOOK_URL: webhook.url,
      FLOWGLAD_LOCAL_WEBHOOK_SECRET: webhook.signingSecret,
    },
    // The message that `dev` prints already contains what flowglad-local prints when it starts.
    quiet: true,
  }
  const server: DevProcess = {
    name: 'server',
    folder: 'apps/server',
    command: watchMain,
    portVariable: 'PORT',
    ready: `${serverUrl}/healthz`,
    env: {
      PORT: String(ports.PORT),
      PUBLIC_URL: settings.publicUrl,
      DATABASE_URL: metered.type === 'sqlite' ? `file:${metered.file}` : metered.url,
      FLOWGLAD_BASE_URL: settings.flowgladUrl,
      FLOWGLAD_WEBHOOK_SECRET: webhook.secret,
    },
    quiet: false,
  }
  const web: DevProcess = {
    name: 'web',
    folder: 'apps/web',
    command: ['vite', '--clearScreen', 'false', '--logLevel', 'warn'],
    portVariable: 'WEB_PORT',
    ready: settings.webUrl,
    env: { WEB_PORT: String(ports.WEB_PORT), SERVER_URL: serverUrl },
    quiet: false,
  }
  return settings.withFlowgladLocal ? [flowgladLocal, server, web] : [server, web]
}
