/** An installation setting: the organization's ID, the clock's offset or the installed pricing. */
export interface Setting {
  id: 'organizationId' | 'clockOffsetMs' | 'pricing'
  value: string
}
