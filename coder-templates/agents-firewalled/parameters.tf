# What a person chooses for a workspace.

data "coder_parameter" "cpu" {
  name         = "cpu"
  display_name = "CPU cores"
  description  = "Limit of the workspace's pod."
  type         = "number"
  default      = "4"
  mutable      = true
  icon         = "/icon/memory.svg"
  order        = 1
  validation {
    min = 1
    max = 32
  }
}

data "coder_parameter" "memory" {
  name         = "memory"
  display_name = "Memory (GiB)"
  description  = "Limit of the workspace's pod; half of it is reserved."
  type         = "number"
  default      = "8"
  mutable      = true
  icon         = "/icon/memory.svg"
  order        = 2
  validation {
    min = 2
    max = 128
  }
}

data "coder_parameter" "disk_size" {
  name         = "disk_size"
  display_name = "Disk (GiB)"
  description  = "Size of the home volume. It stays as it is once the workspace is made."
  type         = "number"
  default      = "20"
  mutable      = false
  icon         = "/icon/database.svg"
  order        = 3
  validation {
    min = 5
    max = 500
  }
}
