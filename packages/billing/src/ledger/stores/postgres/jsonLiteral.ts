/**
 * Returns the value as JSON in an SQL literal. Dollar quotes have no escape sequences, so the literal doesn't
 * depend on `standard_conforming_strings`. JSON contains `$` only inside strings. There it is escaped, so no
 * value can end the literal.
 */
export const jsonLiteral = (value: unknown) =>
  `$json$${JSON.stringify(value).replaceAll('$', '\\u0024')}$json$`
