import example from '../../../examples/fraud-score.js'
import { overForeignOrders } from './foreign-orders.mjs'

export default overForeignOrders(example)
