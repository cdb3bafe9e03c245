/** Settings of the installation: the organization's ID, the clock and the installed pricing. */
export interface Setting {
  id: 'organizationId' | 'clockOffsetMs' | 'pricing'
  value: string
}
