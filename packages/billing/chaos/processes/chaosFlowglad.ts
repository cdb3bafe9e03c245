import { startFlowgladLocal } from 'flowglad-local'
import { z } from 'zod'
import { readSettings } from '../../processes/readSettings.ts'

/** Runs flowglad-local with its data in a file. */
const settings = z.object({ pricing: z.string(), port: z.number(), db: z.string() }).parse(readSettings())

const flowglad = await startFlowgladLocal(settings)
process.send?.(flowglad.url)
process.once('disconnect', () => process.exit())
