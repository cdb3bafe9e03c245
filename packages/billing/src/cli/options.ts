/** The options of all commands. Each option means the same in every command. */
export const options = {
  write: { type: 'boolean', help: 'makes the changes' },
  ledger: {
    type: 'string',
    value: 'file or url',
    help: 'the SQLite file or PostgreSQL URL. Default: the environment variable METERED_LEDGER',
  },
  json: { type: 'boolean', help: 'prints JSON' },
} as const satisfies Record<
  string,
  { type: 'boolean'; help: string } | { type: 'string'; value: string; help: string }
>

export type OptionName = keyof typeof options
