import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    /** The path of the built server. */
    builtServer: string
  }
}

const packageFolder = fileURLToPath(new URL('..', import.meta.url))

/** Builds the server once for all test files. Returns a function that deletes the build. */
export default async function setup(project: TestProject) {
  // The built server finds its external packages only if the server's file is inside node_modules.
  const folder = await mkdtemp(join(packageFolder, 'node_modules/.main-test-'))
  await build({ root: packageFolder, logLevel: 'error', build: { ssr: 'src/main.ts', outDir: folder } })
  project.provide('builtServer', join(folder, 'main.js'))
  return () => rm(folder, { recursive: true, force: true })
}
