/** Facts about the installation itself: organization id, clock, which pricing was installed. */
export interface Setting {
  id: 'organizationId' | 'clockOffsetMs' | 'pricing'
  value: string
}
