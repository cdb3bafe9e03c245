import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type Dockerfile, DockerfileParser, type From } from 'dockerfile-ast'
import { validate } from 'dockerfile-utils'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { readEnv, variableNames } from '../src/env.ts'

const pathOf = (file: string) => fileURLToPath(new URL(`../../../${file}`, import.meta.url))
const read = (file: string) => readFileSync(pathOf(file), 'utf8')
/** Matches a pinned image, whose tag is an exact version. */
const pinned = /^[\w./-]+:\d+\.\d+[\w.-]*$/
const isSecret = (name: string) => /SECRET|KEY|PASSWORD|SMTP_URL/.test(name)

describe('Dockerfile', () => {
  const text = read('Dockerfile')
  const dockerfile: Dockerfile = DockerfileParser.parse(text)
  const froms: From[] = dockerfile.getFROMs()
  const stages = froms.map((from) => from.getBuildStage())
  const textOf = (keyword: string) =>
    dockerfile
      .getInstructions()
      .filter((it) => it.getKeyword() === keyword)
      .map((it) => it.getArguments().map((argument) => argument.getValue()))

  test('the Dockerfile passes the linter', () => {
    expect(validate(text).map(({ message, range }) => `line ${range.start.line + 1}: ${message}`)).toEqual([])
  })

  test('the Dockerfile uses only pinned base images', () => {
    const images = froms.map((from) => from.getImage() ?? '').filter((image) => !stages.includes(image))
    for (const image of images) expect(image).toMatch(pinned)
    expect(new Set(images).size).toBe(1)
  })

  test('the Dockerfile copies only from existing stages, and only existing files that aren’t ignored', () => {
    const allowed = read('.dockerignore').match(/(?<=^!).+$/gm) ?? []
    for (const copy of dockerfile.getCOPYs()) {
      const from = copy.getFromFlag()?.getValue()
      if (from !== undefined && from !== null) {
        expect(stages).toContain(from)
        continue
      }
      for (const source of copy
        .getArguments()
        .slice(0, -1)
        .map((it) => it.getValue())) {
        expect(existsSync(pathOf(source)), source).toBe(true)
        expect(allowed).toContain(source.split('/')[0])
      }
    }
  })

  test('the Dockerfile copies the manifest of every workspace package that the apps or their tests need', () => {
    const copied = dockerfile.getCOPYs().flatMap((copy) => copy.getArguments().map((it) => it.getValue()))
    const manifest = z.object({
      name: z.string(),
      dependencies: z.record(z.string(), z.string()).default({}),
      devDependencies: z.record(z.string(), z.string()).default({}),
    })
    const folders = [
      'apps/server',
      'apps/web',
      ...['billing', 'billing-react', 'flowglad-local', 'test-postgres'].map((it) => `packages/${it}`),
    ]
    const manifests = folders.map((folder) => manifest.parse(JSON.parse(read(`${folder}/package.json`))))
    const names = manifests.map(({ name }) => name)
    for (const { dependencies, devDependencies } of manifests.slice(0, 2))
      for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies }))
        if (version.startsWith('workspace:')) expect(names).toContain(name)
    for (const folder of folders) expect(copied).toContain(`${folder}/package.json`)
  })

  test('the Dockerfile uses the same version of pnpm as CI', () => {
    const [version] = /pnpm@[\d.]+/.exec(read('.ci/run')) ?? []
    expect(text.match(/pnpm@[\d.]+/g)).toEqual([version])
  })

  test('the image runs node as its main process under an unprivileged user, and has a health check', () => {
    const last = text.slice(text.lastIndexOf('\nFROM '))
    expect(last).toMatch(/^USER node$/m)
    expect(textOf('CMD').at(-1)?.join('')).toMatch(/^\["node",/)
    expect(last).toContain('/healthz')
    expect(textOf('ENTRYPOINT')).toEqual([])
  })

  test('the Dockerfile sets no secrets and only variables that the server reads', () => {
    const names = dockerfile.getENVs().flatMap((env) => env.getProperties().map((it) => it.getName()))
    for (const name of names) expect(variableNames).toContain(name)
    expect(names.filter(isSecret)).toEqual([])
    expect(textOf('ARG')).toEqual([])
  })
})

const service = z.strictObject({
  build: z.strictObject({ context: z.string(), target: z.string() }).optional(),
  image: z.string().regex(pinned).optional(),
  profiles: z.array(z.string()).default([]),
  env_file: z.array(z.string()).default([]),
  environment: z.record(z.string(), z.string()).default({}),
  // Ports are open on this machine only, because other machines must use the TLS proxy.
  ports: z.array(z.string().regex(/^127\.0\.0\.1:\d+:\d+$/)).default([]),
  volumes: z.array(z.string().regex(/^\w+:\/[\w/]+$/)).default([]),
  depends_on: z.record(z.string(), z.strictObject({ condition: z.literal('service_healthy') })).default({}),
  healthcheck: z
    .strictObject({
      test: z.array(z.string()),
      interval: z.string(),
      timeout: z.string(),
      retries: z.number(),
    })
    .optional(),
  user: z.string().optional(),
  entrypoint: z.array(z.string()).optional(),
  restart: z.literal('unless-stopped').optional(),
  stop_grace_period: z
    .string()
    .regex(/^\d+s$/)
    .optional(),
})
const compose = z.strictObject({
  name: z.string(),
  services: z.record(z.string(), service),
  volumes: z.record(z.string(), z.null()),
})

/** Returns the variables in an environment file. */
const variablesIn = (file: string) =>
  Object.fromEntries(
    [...read(file).matchAll(/^(\w+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]),
  )

describe('compose.yaml', () => {
  const { services, volumes } = compose.parse(parse(read('compose.yaml')))
  const all = Object.entries(services)
  const servers = all.filter(([, { build }]) => build?.target === 'server')

  test('each service builds an existing stage of a Dockerfile or uses a pinned image', () => {
    const stages = DockerfileParser.parse(read('Dockerfile'))
      .getFROMs()
      .map((from) => from.getBuildStage())
    for (const [name, { build, image }] of all) {
      expect([build, image].filter(Boolean), name).toHaveLength(1)
      if (!build) continue
      expect(existsSync(pathOf(`${build.context}/Dockerfile`))).toBe(true)
      expect(stages).toContain(build.target)
    }
  })

  test('compose.yaml declares exactly the volumes that its services use', () => {
    const used = all.flatMap(([, it]) => it.volumes.map((volume) => volume.split(':')[0]))
    expect([...new Set(used)].toSorted()).toEqual(Object.keys(volumes).toSorted())
  })

  test('a service waits only for services that have a health check', () => {
    for (const name of all.flatMap(([, it]) => Object.keys(it.depends_on)))
      expect(services[name]?.healthcheck, name).toBeDefined()
  })

  test('each environment file is ignored by Git and has an example without secrets', () => {
    const ignored = read('.gitignore')
    for (const file of new Set(all.flatMap(([, it]) => it.env_file))) {
      for (const [name, value] of Object.entries(variablesIn(`${file}.example`)))
        if (isSecret(name)) expect({ name, value }).toEqual({ name, value: '' })
      expect(file).toMatch(/^deploy\/\w+\.env$/)
    }
    expect(ignored).toContain('deploy/*.env\n')
  })

  test('compose.yaml sets only variables that the server, PostgreSQL or `metered` reads', () => {
    const known = [...variableNames, 'POSTGRES_PASSWORD', 'METERED_LEDGER']
    for (const [, { environment, env_file }] of all)
      for (const name of [environment, ...env_file.map((file) => variablesIn(`${file}.example`))].flatMap(
        Object.keys,
      ))
        expect(known).toContain(name)
  })

  test('each server restarts after a crash and has enough time to finish its work when it stops', () => {
    const { shutdownGraceMs } = readEnv({}, { built: false })
    expect(servers.length).toBeGreaterThan(0)
    for (const [, { stop_grace_period, restart }] of servers) {
      expect(Number.parseInt(stop_grace_period ?? '0', 10) * 1_000).toBeGreaterThan(shutdownGraceMs)
      expect(restart).toBe('unless-stopped')
    }
  })
})
