import { readFileSync } from 'node:fs'
import { startFlowgladLocal } from './startFlowgladLocal.ts'

const env = process.env
const pricingFile = env.FLOWGLAD_LOCAL_PRICING ?? 'pricing.yaml'
const port = Number(env.FLOWGLAD_LOCAL_PORT ?? 4010)

try {
  const flowglad = await startFlowgladLocal({
    pricing: readFileSync(pricingFile, 'utf8'),
    port,
    testControls: env.FLOWGLAD_LOCAL_TEST_CONTROLS !== 'off',
    ...(env.FLOWGLAD_LOCAL_KEY && { key: env.FLOWGLAD_LOCAL_KEY }),
    ...(env.FLOWGLAD_LOCAL_DB && { db: env.FLOWGLAD_LOCAL_DB }),
    ...(env.FLOWGLAD_LOCAL_WEBHOOK_URL && {
      webhook: { url: env.FLOWGLAD_LOCAL_WEBHOOK_URL, secret: env.FLOWGLAD_LOCAL_WEBHOOK_SECRET ?? '' },
    }),
  })
  process.stdout.write(`flowglad-local listens on ${flowglad.url}\n`)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void flowglad.close())
} catch (error) {
  process.stderr.write(`flowglad-local: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
