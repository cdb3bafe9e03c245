import { column, tables } from '../../src/ledger/stores/tables.ts'

/** The schema changes that nodes of an earlier release can't work with. */
const rules: [RegExp, string][] = [
  [/^ALTER TABLE .*\bRENAME\b/, 'renames a table or a column'],
  [/\bDROP (COLUMN )?(?!TABLE|INDEX|DEFAULT|NOT NULL|CONSTRAINT)[\w".]+/, 'drops a column'],
  [/^DROP (TABLE|SCHEMA|VIEW|TYPE|FUNCTION)\b/, 'drops what an earlier release uses'],
  [
    /\b(DROP CONSTRAINT|ADD (CONSTRAINT [\w"]+ )?(PRIMARY KEY|UNIQUE|CHECK|FOREIGN KEY|EXCLUDE))\b/,
    'changes a primary key or another constraint',
  ],
  [/\bALTER (COLUMN )?[\w"]+ (SET DATA )?TYPE\b/, 'changes the type of a column'],
  [/\bALTER (COLUMN )?[\w"]+ (SET NOT NULL|DROP DEFAULT)\b/, 'requires a value in a column'],
  [/^CREATE UNIQUE INDEX\b/, 'adds a unique index'],
]

/**
 * Returns the changes of these migrations that nodes of an earlier release can't work with. During a deployment,
 * such nodes still insert rows. An earlier release's statements don't name new columns, so a new column needs a
 * default.
 */
export function contractionsIn(...migrations: string[]): string[] {
  const statements = migrations
    .join(';')
    .replace(/--.*$/gm, '')
    .split(';')
    .map((statement) => statement.replace(/\s+/g, ' ').trim())
    .filter(Boolean)
  /**
   * Columns that the migrations add, as `table.column`. Later migrations may change the type of an added column,
   * because no earlier release uses the column.
   */
  const added = new Set(
    statements.flatMap((it) => {
      const [, table, column] = /^ALTER TABLE metered\.(\w+) ADD COLUMN (\w+)/i.exec(it) ?? []
      return column ? [`${table}.${column}`] : []
    }),
  )
  const created = new Set(statements.flatMap((it) => /^CREATE TABLE metered\.(\w+)/i.exec(it)?.[1] ?? []))
  return statements.flatMap((statement) => {
    // An earlier release doesn't use new tables, so any change to them is allowed.
    const [, table = ''] = /^(?:CREATE|ALTER) TABLE metered\.(\w+)/i.exec(statement) ?? []
    if (created.has(table) || includesPrimaryKey(statement)) return []
    return actionsOf(statement).flatMap((action) => {
      const [, table, column] = /^ALTER TABLE metered\.(\w+) ALTER (\w+) TYPE\b/i.exec(action) ?? []
      if (added.has(`${table}.${column}`)) return []
      const found = rules
        .filter(([pattern]) => new RegExp(pattern, 'i').test(action))
        .map(([, problem]) => problem)
      if (/\bADD\b/i.test(action) && /\bNOT NULL\b/i.test(action) && !/\bDEFAULT\b/i.test(action)) {
        found.push('adds a NOT NULL column without a default')
      }
      return found.map((problem) => `${problem}: ${action}`)
    })
  })
}

/**
 * Returns whether the statement creates a unique index whose columns include the primary key of an earlier release.
 * Such an index accepts every row that the primary key accepts.
 */
function includesPrimaryKey(statement: string): boolean {
  const [, name, list = ''] =
    /^CREATE UNIQUE INDEX \w+ ON metered\.(\w+) \(([^()]*)\)$/i.exec(statement) ?? []
  const columns = list.split(',').map((it) => it.trim().replaceAll('"', ''))
  const table = Object.values(tables).find((it) => it.name === name)
  return table?.key.every((it) => columns.includes(column(it).replaceAll('"', ''))) ?? false
}

/** Splits an ALTER TABLE into one statement per action. Commas in parentheses don't separate actions. */
function actionsOf(statement: string): string[] {
  const [head] = /^ALTER TABLE (IF EXISTS )?(ONLY )?[\w".]+ /i.exec(statement) ?? []
  if (head === undefined) return [statement]
  return statement
    .slice(head.length)
    .split(/,(?![^(]*\))/)
    .map((action) => head + action.trim())
}
