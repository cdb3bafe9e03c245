/**
 * Implements `pnpm dev`: starts flowglad-local, the server and the web app, and prints their warnings and
 * errors. Each process reloads when its code changes. If one process stops, all processes stop.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '../..')
const data = join(root, '.data')
const { env } = process

const ports = {
  FLOWGLAD_LOCAL_PORT: Number(env.FLOWGLAD_LOCAL_PORT ?? 4010),
  PORT: Number(env.PORT ?? 3000),
  WEB_PORT: Number(env.WEB_PORT ?? 5173),
}
const webUrl = `http://localhost:${ports.WEB_PORT}`
const flowgladLocalUrl = `http://127.0.0.1:${ports.FLOWGLAD_LOCAL_PORT}`
// An empty variable counts as unset here and in the server.
const flowgladUrl = env.FLOWGLAD_BASE_URL || flowgladLocalUrl
const withFlowgladLocal = flowgladUrl === flowgladLocalUrl
// This secret is public and works only on this machine. flowglad-local signs webhooks with it, and the server
// verifies them.
const localWebhookSecret = 'whsec_bWV0ZXJlZC1kZXZlbG9wbWVudC13ZWJob29rLXNlY3JldA=='
const webhookSecret = env.FLOWGLAD_WEBHOOK_SECRET || (withFlowgladLocal ? localWebhookSecret : '')

interface Process {
  name: string
  folder: string
  command: string[]
  portVariable: keyof typeof ports
  ready: string
  env: Record<string, string>
}

const processes: Process[] = [
  {
    name: 'flowglad-local',
    folder: 'packages/flowglad-local',
    command: ['tsx', 'watch', '--clear-screen=false', 'src/main.ts'],
    portVariable: 'FLOWGLAD_LOCAL_PORT',
    ready: `${flowgladLocalUrl}/`,
    env: {
      FLOWGLAD_LOCAL_PORT: String(ports.FLOWGLAD_LOCAL_PORT),
      FLOWGLAD_LOCAL_DB: env.FLOWGLAD_LOCAL_DB ?? join(data, 'flowglad.sqlite'),
      FLOWGLAD_LOCAL_PRICING: env.FLOWGLAD_LOCAL_PRICING ?? join(root, 'apps/server/pricing.yaml'),
      FLOWGLAD_LOCAL_WEBHOOK_URL:
        env.FLOWGLAD_LOCAL_WEBHOOK_URL ?? `http://127.0.0.1:${ports.PORT}/api/webhooks/flowglad`,
      FLOWGLAD_LOCAL_WEBHOOK_SECRET: env.FLOWGLAD_LOCAL_WEBHOOK_SECRET ?? webhookSecret,
    },
  },
  {
    name: 'server',
    folder: 'apps/server',
    command: ['tsx', 'watch', '--clear-screen=false', 'src/main.ts'],
    portVariable: 'PORT',
    ready: `http://127.0.0.1:${ports.PORT}/healthz`,
    env: {
      PORT: String(ports.PORT),
      PUBLIC_URL: env.PUBLIC_URL ?? webUrl,
      DATABASE_URL: env.DATABASE_URL ?? `file:${join(data, 'metered.sqlite')}`,
      FLOWGLAD_BASE_URL: flowgladUrl,
      FLOWGLAD_WEBHOOK_SECRET: webhookSecret,
    },
  },
  {
    name: 'web',
    folder: 'apps/web',
    command: ['vite', '--clearScreen', 'false', '--logLevel', 'warn'],
    portVariable: 'WEB_PORT',
    ready: webUrl,
    env: { WEB_PORT: String(ports.WEB_PORT), SERVER_URL: `http://127.0.0.1:${ports.PORT}` },
  },
]
const started = processes.filter((it) => withFlowgladLocal || it.name !== 'flowglad-local')

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, () => probe.close(() => resolve(true)))
  })
}

async function assertPortsAreFree() {
  for (const { name, portVariable } of started) {
    const port = ports[portVariable]
    if (await isFree(port)) continue
    console.error(
      `Port ${port} is in use, but ${name} needs it. Stop the process that uses the port, or choose another port:\n\n  ${portVariable}=${port + 1} pnpm dev\n`,
    )
    process.exit(1)
  }
}

const children: ChildProcess[] = []
let stopping = false

function stop(code: number) {
  if (stopping) return
  stopping = true
  process.exitCode = code
  for (const child of children) child.kill('SIGTERM')
}

function start({ name, folder, command: [tool, ...args], env: own }: Process) {
  const cwd = join(root, folder)
  const child = spawn(join(cwd, 'node_modules/.bin', tool ?? ''), args, {
    cwd,
    env: { ...env, ...own },
    stdio: ['ignore', 'pipe', 'pipe'],
    // Each child gets its own process group, so Ctrl-C reaches only this process, which sends each child one
    // signal. On a second signal, tsx would kill the program that it runs.
    detached: process.platform !== 'win32',
    shell: process.platform === 'win32',
  })
  children.push(child)
  // Hide flowglad-local's standard output: its greeting would duplicate the greeting below.
  for (const stream of name === 'flowglad-local' ? [child.stderr] : [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      for (const line of text.split('\n')) if (line.trim()) console.log(`${name.padEnd(14)} │ ${line}`)
    })
  }
  child.once('exit', (code) => {
    if (!stopping)
      console.error(
        `\n${name} stopped (${code === null ? 'by a signal' : `exit code ${code}`}), so the other processes stop too. See the lines above for the reason.`,
      )
    stop(code || 1)
  })
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(2_000) })).ok
  } catch {
    return false
  }
}

async function untilReady({ ready }: Process) {
  while (!stopping && !(await isReady(ready))) await new Promise((resolve) => setTimeout(resolve, 100))
}

function greet() {
  const payment = withFlowgladLocal
    ? [
        '',
        '  Test card    4242 4242 4242 4242 pays, 4000 0000 0000 0002 is declined',
        `  Flowglad     ${flowgladLocalUrl}   shows customers, balances, webhooks and the clock`,
      ]
    : ['', `  Flowglad     ${flowgladUrl}`]
  console.log(
    [
      '',
      '  Metered is running.',
      '',
      `  Open         ${webUrl}   and sign up with any email address`,
      ...payment,
      '',
      '  Reset        pnpm dev --reset   deletes all local accounts and charges',
      '  Stop         Ctrl-C',
      '',
    ].join('\n'),
  )
}

if (process.argv.includes('--reset')) {
  rmSync(data, { recursive: true, force: true })
  console.log('Deleted all local data.')
}
mkdirSync(data, { recursive: true })
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => stop(0))
await assertPortsAreFree()
console.log(`Starting ${started.map((it) => it.name).join(', ')} …`)
for (const it of started) start(it)
await Promise.all(started.map(untilReady))
if (!stopping) greet()
