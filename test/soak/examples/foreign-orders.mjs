/** An example as it stands, with its orders in a topic of their own: payflow's orders are in `orders`. */
export const overForeignOrders = (worker) => ({
  ...worker,
  inputs: { ...worker.inputs, orders: { ...worker.inputs.orders, name: 'foreign_orders' } },
})
