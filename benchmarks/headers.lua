wrk.headers["authorization"] = os.getenv("AUTHORIZATION")
wrk.headers["apikey"] = os.getenv("APIKEY")
wrk.headers["accept"] = "application/json"
