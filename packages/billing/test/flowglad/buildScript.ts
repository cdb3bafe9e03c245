import { fileURLToPath } from 'node:url'
import { build } from 'vite'

/**
 * Bundles a script of this folder for Node and returns the path of the result. It starts in a third of the time that `tsx` takes, which
 * counts where a test starts the script again and again. Packages stay outside, so the result lies below `node_modules`, where Node finds them.
 */
export async function buildScript(name: string): Promise<string> {
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const outDir = `${root}node_modules/.test-scripts/${name}`
  await build({
    configFile: false,
    root,
    logLevel: 'warn',
    build: {
      ssr: fileURLToPath(new URL(`./${name}.ts`, import.meta.url)),
      target: 'node20',
      outDir,
      emptyOutDir: false,
    },
  })
  return `${outDir}/${name}.js`
}
