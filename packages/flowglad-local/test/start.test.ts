import { writeFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { checkPricing, parsePricing } from '../src/pricing/parsePricing.ts'
import { createDirectory, startProcess } from './process.ts'
import { studioPricing } from './studioPricing.ts'

it("starts without loading Fastify's schema compiler", async () => {
  await using directory = await createDirectory()
  const probe = directory.file('probe.cjs')
  await writeFile(
    probe,
    `process.on('exit', () => {
       const loaded = Object.keys(require.cache)
       const has = (name) => loaded.some((file) => file.includes('/node_modules/' + name + '/'))
       console.error('loaded ' + ['fastify', 'ajv'].filter(has))
     })`,
  )
  const server = await startProcess(directory.path, { env: { NODE_OPTIONS: `--require ${probe}` } })
  // Wait for a response, because the server might not handle signals before its first response.
  await fetch(server.url)
  await server[Symbol.asyncDispose]()
  expect(server.errors().trim()).toBe('loaded fastify')
})

it('checks pricing only once if several keys share the pricing', () => {
  const setup = parsePricing(JSON.stringify(studioPricing))
  expect(checkPricing(setup)).toBe(setup)
  expect(checkPricing({ ...setup })).toEqual(setup)
})
