/**
 * One of the database's own settings: the API key, the organization's ID, the clock's offset or the installed
 * pricing.
 */
export interface Setting {
  id: 'apiKey' | 'organizationId' | 'clockOffsetMs' | 'pricing'
  value: string
}
