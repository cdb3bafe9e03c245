import { join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Env, readEnv } from '../src/env.ts'
import { command } from './options.ts'

export const repository = fileURLToPath(new URL('../../..', import.meta.url))

/** Thrown if `dev` can't start. The message says what to do. */
export class StartError extends Error {}

const defaultPorts = { FLOWGLAD_LOCAL_PORT: 4010, PORT: 3000, WEB_PORT: 5173 }

export type PortVariable = keyof typeof defaultPorts

export interface Settings {
  ports: Record<PortVariable, number>
  webUrl: string
  flowgladLocalUrl: string
  /** The URL of the Flowglad instance that the server uses. */
  flowgladUrl: string
  withFlowgladLocal: boolean
  /** The folder that contains `localDatabases`. */
  dataFolder: string
  pricingFile: string
  /** The databases that `--reset` deletes. */
  localDatabases: { metered: string; flowglad: string }
  /** The databases that the processes use: `localDatabases` unless environment variables select others. */
  databases: { metered: Env['database']; flowglad: string }
  /** flowglad-local signs webhooks with `signingSecret`, and the server verifies them with `secret`. */
  webhook: { url: string; signingSecret: string; secret: string }
  publicUrl: string
  /** Whether the server shows its emails at /dev/mailbox. */
  withMailbox: boolean
  /** One line for each shell variable that selects a database, URL or pricing file other than the default. */
  notes: string[]
  /** Returns the command that starts `dev` with these settings, plus the given ports and arguments. */
  commandWith(changes: { ports?: Partial<Record<PortVariable, number>>; args?: string[] }): string
}

/**
 * Returns the settings for one run of `dev`. Like the server, treats an empty variable as unset.
 * @throws StartError if a port is invalid
 * @throws EnvError if the server would reject another variable
 */
export function readSettings(source: NodeJS.ProcessEnv, { data }: { data: string | undefined }): Settings {
  const env = Object.fromEntries(Object.entries(source).filter(([, value]) => value !== ''))
  const ports = readPorts(env)
  const webUrl = `http://localhost:${ports.WEB_PORT}`
  const flowgladLocalUrl = `http://127.0.0.1:${ports.FLOWGLAD_LOCAL_PORT}`
  const flowgladUrl = env.FLOWGLAD_BASE_URL ?? flowgladLocalUrl
  const withFlowgladLocal = flowgladUrl === flowgladLocalUrl
  const publicUrl = env.PUBLIC_URL ?? webUrl
  const dataFolder = data === undefined ? join(repository, '.data') : resolve(data)
  const localDatabases = {
    metered: join(dataFolder, 'metered.sqlite'),
    flowglad: join(dataFolder, 'flowglad.sqlite'),
  }
  const { database, flowglad, mail } = readEnv(
    {
      ...env,
      PUBLIC_URL: publicUrl,
      DATABASE_URL: env.DATABASE_URL ?? `file:${localDatabases.metered}`,
      FLOWGLAD_BASE_URL: flowgladUrl,
    },
    { built: false },
  )
  const secret = flowglad.webhookSecret ?? ''
  const databases = { metered: database, flowglad: resolve(env.FLOWGLAD_LOCAL_DB ?? localDatabases.flowglad) }
  const pricing = 'apps/server/pricing.yaml'
  const pricingFile = env.FLOWGLAD_LOCAL_PRICING
    ? resolve(env.FLOWGLAD_LOCAL_PRICING)
    : join(repository, pricing)

  const note = (name: string, value: string, fallback: string) =>
    env[name] === undefined ? [] : [`${name} comes from your shell: ${value}. Unset it to use ${fallback}.`]
  return {
    ports,
    webUrl,
    flowgladLocalUrl,
    flowgladUrl,
    withFlowgladLocal,
    dataFolder,
    pricingFile,
    localDatabases,
    databases,
    webhook: {
      url: env.FLOWGLAD_LOCAL_WEBHOOK_URL ?? `http://127.0.0.1:${ports.PORT}/api/webhooks/flowglad`,
      signingSecret: env.FLOWGLAD_LOCAL_WEBHOOK_SECRET ?? secret,
      secret,
    },
    publicUrl,
    withMailbox: mail === null,
    notes: [
      ...note('DATABASE_URL', nameOf(database), shown(localDatabases.metered)),
      ...note('FLOWGLAD_BASE_URL', flowgladUrl, 'flowglad-local'),
      ...note('FLOWGLAD_LOCAL_DB', databases.flowglad, shown(localDatabases.flowglad)),
      ...note('FLOWGLAD_LOCAL_PRICING', pricingFile, pricing),
      ...note('PUBLIC_URL', publicUrl, webUrl),
      ...note('OPENAI_BASE_URL', String(env.OPENAI_BASE_URL), 'the built-in models'),
    ],
    commandWith: ({ ports: changed = {}, args = [] }) => {
      const variables = Object.keys(defaultPorts).flatMap((name) => {
        const port = changed[name as PortVariable] ?? env[name]
        return port === undefined ? [] : [`${name}=${port}`]
      })
      const folderArgs = data === undefined || args.includes('--data') ? [] : ['--data', data]
      return [...variables, command, ...folderArgs, ...args].join(' ')
    },
  }
}

/** Returns a path inside the current folder as a relative path, and any other path as an absolute path. */
export const shown = (path: string) => {
  const short = relative(process.cwd(), path)
  return short.startsWith('..') ? path : short
}

/** Returns the database's file or address, without credentials. */
export function nameOf(database: Env['database']): string {
  if (database.type === 'sqlite') return shown(database.file)
  if (!URL.canParse(database.url)) return 'a PostgreSQL server'
  const { protocol, host, pathname } = new URL(database.url)
  return `${protocol}//${host}${pathname}`
}

function readPorts(env: NodeJS.ProcessEnv): Settings['ports'] {
  const read = (name: PortVariable) => {
    const port = Number(env[name] ?? defaultPorts[name])
    if (!Number.isInteger(port) || port < 1 || port > 65_535)
      throw new StartError(`${name} must be a whole number from 1 to 65535, not "${env[name]}".`)
    return port
  }
  const ports = {
    FLOWGLAD_LOCAL_PORT: read('FLOWGLAD_LOCAL_PORT'),
    PORT: read('PORT'),
    WEB_PORT: read('WEB_PORT'),
  }
  if (new Set(Object.values(ports)).size < 3)
    throw new StartError(
      `FLOWGLAD_LOCAL_PORT, PORT and WEB_PORT must be different, not ${Object.values(ports).join(', ')}.`,
    )
  return ports
}
