import classes from './Brand.module.css'
import mark from './mark.svg'

export function Brand() {
  return (
    <span className={classes.brand}>
      <img src={mark} alt="" width={26} height={26} />
      <span className={classes.name}>Studio</span>
    </span>
  )
}
