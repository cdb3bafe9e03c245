import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

/**
 * Bundles a script for Node and returns the bundle's path. The bundle starts three times as fast as the script
 * under `tsx`. The bundle also runs faster, because `tsx` adds a call that sets the name of each new
 * function. `beside` is the URL of the script's folder, with a slash at the end, or of a module in this
 * folder. The bundle imports its packages, so it is written under the `node_modules` of the package at `root`
 * (default: this package), where Node finds them.
 */
export async function buildScript(
  name: string,
  beside: string,
  root = fileURLToPath(new URL('..', import.meta.url)),
): Promise<string> {
  const folder = `${root}node_modules/.test-scripts/${name}`
  await mkdir(folder, { recursive: true })
  const newFolder = await mkdtemp(`${folder}/new-`)
  await build({
    configFile: false,
    root,
    logLevel: 'warn',
    build: {
      ssr: fileURLToPath(new URL(`./${name}.ts`, beside)),
      target: 'node20',
      outDir: newFolder,
      rolldownOptions: { output: { codeSplitting: false } },
    },
  })
  // Replace the file in one step, because another process may be about to read it.
  await rename(`${newFolder}/${name}.js`, `${folder}/${name}.js`)
  await rm(newFolder, { recursive: true })
  return `${folder}/${name}.js`
}
