/** The options of all commands. An option has the same meaning in every command. */
export const options = {
  write: { type: 'boolean', help: 'makes the changes' },
  ledger: {
    type: 'string',
    value: 'file or url',
    help: 'the SQLite file or PostgreSQL URL. Default: the environment variable METERED_LEDGER',
  },
  reason: { type: 'string', value: 'text', help: 'the reason, which is recorded' },
  by: {
    type: 'string',
    value: 'name',
    help: "your name, which is recorded. Default: the operating system's user",
  },
  customer: { type: 'string', value: 'id', help: 'limits the output to this customer' },
  format: { type: 'string', value: 'jsonl or csv', help: 'the format. Default: jsonl' },
  only: { type: 'string', value: 'charges or acts', help: 'exports only these rows. CSV needs this option' },
  out: { type: 'string', value: 'file', help: 'writes to this file instead of standard output' },
  pricing: { type: 'string', value: 'file', help: 'the pricing file. Default: pricing.yaml' },
  yes: { type: 'boolean', help: 'makes the changes' },
  'replace-prices': { type: 'boolean', help: 'lets --yes replace prices. Not needed with a test key' },
  create: { type: 'boolean', help: 'creates a new pricing model from the file, and makes it the default' },
  flowglad: { type: 'boolean', help: "also compares the ledger with Flowglad's list of usage events" },
  partitions: {
    type: 'string',
    value: 'n',
    help: 'also partitions the tables: 2, 4, 8, 16, 32 or 64 partitions',
  },
  json: { type: 'boolean', help: 'prints JSON' },
} as const satisfies Record<
  string,
  { type: 'boolean'; help: string } | { type: 'string'; value: string; help: string }
>

export type OptionName = keyof typeof options
