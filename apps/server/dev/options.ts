import { parseArgs } from 'node:util'

/** The command that starts `dev`, even if pnpm isn't installed. */
export const command = 'npx -y pnpm@12 dev'

export const usage = `Starts Metered on this machine: flowglad-local, the server and the web app.

  ${command} [options]

  --reset         delete all local accounts and charges, then start
  --data FOLDER   keep the databases in FOLDER instead of .data
  --help          print this text

Environment variables:

  WEB_PORT, PORT, FLOWGLAD_LOCAL_PORT   ports of the web app (5173), the server (3000) and flowglad-local (4010)
  DATABASE_URL                          file:/path or postgres://…, instead of .data/metered.sqlite
  FLOWGLAD_LOCAL_DB                     flowglad-local's database file, instead of .data/flowglad.sqlite
  FLOWGLAD_LOCAL_PRICING                the pricing file, instead of apps/server/pricing.yaml
  FLOWGLAD_BASE_URL                     the URL of a real Flowglad, instead of flowglad-local

apps/server/README.md lists the server's other variables.
`

export interface DevOptions {
  help: boolean
  reset: boolean
  /** The database folder exactly as entered, or undefined for the default folder. */
  data: string | undefined
}

/** @throws TypeError if an argument is unknown */
export function parseOptions(args: readonly string[]): DevOptions {
  const {
    help = false,
    reset = false,
    data,
  } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean', short: 'h' },
      reset: { type: 'boolean' },
      data: { type: 'string' },
    },
  }).values
  return { help, reset, data }
}
