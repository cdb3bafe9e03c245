import { execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:https'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { expect, vi } from 'vitest'

const find = (name: string) =>
  [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin']
    .map((folder) => join(folder, name))
    .find((file) => existsSync(file))
const nginx = find('nginx')
const openssl = find('openssl')

/** The reason that nginx can't be started on this machine, or null if it can. */
export const nginxIsMissing =
  nginx && openssl
    ? null
    : `${nginx ? 'openssl' : 'nginx'} is not installed (Debian: apt-get install nginx-light openssl)`

export interface Visit {
  method?: 'GET' | 'POST'
  body?: object
  headers?: Record<string, string>
  /** The visitor's own address, in 127.0.0.0/8. */
  from?: string
  /** Called when a part of the response body arrives. `text` is the body so far. `end` disconnects the visitor. */
  onPart?: (text: string, end: () => void) => void
}

export interface Nginx extends AsyncDisposable {
  visit(
    path: string,
    visit?: Visit,
  ): Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; body: string }>
}

async function freePorts(count: number): Promise<number[]> {
  const servers: Server[] = []
  while (servers.length < count) {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    servers.push(server)
  }
  const ports = servers.map((server) => {
    const address = server.address()
    return typeof address === 'object' && address ? address.port : 0
  })
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}

/** Replaces a placeholder that the text must contain. */
function replaced(text: string, value: string, by: string): string {
  expect(text).toContain(value)
  return text.replaceAll(value, by)
}

/** Starts nginx in front of the server at `port`, with docs/nginx.conf and a self-signed certificate. */
export async function startNginx({ port, host }: { port: string; host: string }): Promise<Nginx> {
  const folder = await mkdtemp(join(tmpdir(), 'metered-nginx-'))
  const [https = 0, http = 0] = await freePorts(2)
  const certificate = join(folder, 'certificate.pem')
  const key = join(folder, 'certificate.key')
  const subject = ['-subj', `/CN=${host}`, '-addext', `subjectAltName=DNS:${host}`]
  const keyType = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  await promisify(execFile)(openssl ?? '', [
    'req',
    '-x509',
    ...keyType,
    '-keyout',
    key,
    '-out',
    certificate,
    ...subject,
  ])

  let site = await readFile(new URL('../../../docs/nginx.conf', import.meta.url), 'utf8')
  site = replaced(site, '/etc/ssl/studio.example.pem', certificate)
  site = replaced(site, '/etc/ssl/studio.example.key', key)
  site = replaced(site, 'studio.example', host)
  site = replaced(site, '127.0.0.1:3000', `127.0.0.1:${port}`)
  site = replaced(site, 'listen 443 ', `listen 127.0.0.1:${https} `)
  site = replaced(site, 'listen 80;', `listen 127.0.0.1:${http};`)
  await writeFile(join(folder, 'site.conf'), site)
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${join(folder, name)};`)
    .join(' ')
  const main = [
    'daemon off; worker_processes 1;',
    process.getuid?.() === 0 ? 'user root;' : '',
    `pid ${join(folder, 'pid')}; error_log stderr warn;`,
    'events { worker_connections 1024; }',
    `http { access_log off; ${temporary} include ${join(folder, 'site.conf')}; }`,
  ]
  await writeFile(join(folder, 'nginx.conf'), main.join('\n'))
  const child = spawn(nginx ?? '', ['-p', folder, '-c', join(folder, 'nginx.conf')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let log = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text
  })
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const ca = await readFile(certificate)

  const visit: Nginx['visit'] = (
    path,
    { method = 'GET', body, headers = {}, from = '127.0.0.1', onPart } = {},
  ) =>
    new Promise((resolve, reject) => {
      const json: Record<string, string> = body ? { 'content-type': 'application/json' } : {}
      const outgoing = request(
        {
          host: '127.0.0.1',
          port: https,
          servername: host,
          ca,
          localAddress: from,
          agent: false,
          method,
          path,
          headers: { host, origin: `https://${host}`, ...json, ...headers },
        },
        (response) => {
          let text = ''
          const answer = () =>
            resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text })
          response.setEncoding('utf8').on('data', (part: string) => {
            text += part
            onPart?.(text, () => {
              outgoing.destroy()
              answer()
            })
          })
          response.once('end', answer)
        },
      )
      outgoing.once('error', reject)
      outgoing.end(body ? JSON.stringify(body) : undefined)
    })

  async function stop() {
    child.kill('SIGTERM')
    await ended
    await rm(folder, { recursive: true, force: true })
  }
  const isReady = async () => {
    if (child.exitCode !== null) throw new Error(`nginx ended:\n${log}`)
    expect((await visit('/healthz')).status).toBe(200)
  }
  await vi.waitFor(isReady, { timeout: 30_000, interval: 20 }).catch(async (error: unknown) => {
    await stop()
    throw error
  })
  return { visit, [Symbol.asyncDispose]: stop }
}
