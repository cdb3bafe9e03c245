/** The object identifiers (OIDs) of the PostgreSQL types that the ledger parses. */
const boolean = 16
const json = 114

const parse = {
  [boolean]: (text: string) => text === 't' || text === '\x01', // the text format and the binary format
  [json]: (text: string): unknown => JSON.parse(text),
}
const asText = (text: string): unknown => text

/**
 * Parses booleans and JSON in the ledger's rows, and leaves values of other types as text. Every query specifies these
 * parsers, because the app can replace node-postgres's own parsers for the whole process or for its pool.
 */
export const rowParsers = {
  getTypeParser(type: number) {
    const parser: (text: string) => unknown = type === boolean || type === json ? parse[type] : asText
    return (value: unknown) => parser(String(value))
  },
}
