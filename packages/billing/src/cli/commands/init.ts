import { z } from 'zod'
import { CommandError, defineCommand } from '../command.ts'
import { describePlan } from '../init/describePlan.ts'
import { planInit } from '../init/planInit.ts'
import { readSources } from '../init/readSources.ts'
import { writePlan } from '../init/writePlan.ts'

export const init = defineCommand({
  name: 'init',
  summary: 'adds metering to the tRPC app in this folder',
  arguments: [],
  options: ['write'],
  details: `Adds metering to the tRPC app in this folder. Writes billing.ts and pricing.yaml, and shows the
other changes as a diff. Never overwrites a file. You can run it again: it skips changes that are
already made.`,
  input: z.object({ write: z.boolean().default(false) }),
  async run(options, { folder }) {
    const { sources, paths } = await readSources(folder)
    const plan = planInit(sources, paths)
    if (plan === null) {
      throw new CommandError(
        `No tRPC app was found in ${folder}: none of its ${sources.size} TypeScript files calls initTRPC.create(). Nothing was changed. Run the command in the folder that contains your app's package.json.`,
      )
    }
    const written = await writePlan(folder, plan, options)
    return { text: describePlan(plan, options, written), json: { ...plan, written } }
  },
})
